"""Floor 2: how we speak to the world. Only `app` may look here; everybody else sees a port."""
