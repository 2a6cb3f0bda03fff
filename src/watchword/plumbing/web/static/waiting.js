// Waiting: a button that may be pressed again only after a while counts the time down.
// Without this file the button is simply there, and the server judges the wait.

const clock = (left) => `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;

for (const hint of document.querySelectorAll("[data-wait]")) {
  const button = document.getElementById(hint.dataset.button);
  const until = performance.now() + Number(hint.dataset.wait) * 1000;

  const tick = () => {
    const left = Math.ceil((until - performance.now()) / 1000);
    button.disabled = left > 0;
    hint.hidden = left <= 0;
    hint.textContent = hint.dataset.text.replace("{time}", clock(Math.max(left, 0)));
    if (left > 0) setTimeout(tick, 250);
  };
  tick();
}
