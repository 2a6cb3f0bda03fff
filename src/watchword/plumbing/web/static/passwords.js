// Passwords: a button that shows what was typed; hidden again before the form leaves,
// so that the browser never keeps it among ordinary text.

for (const frame of document.querySelectorAll("[data-secret]")) {
  const input = frame.querySelector("input");
  const { show, hide, label } = frame.dataset;
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-controls", input.id);
  button.setAttribute("aria-label", label);

  const reveal = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? hide : show;
    button.setAttribute("aria-pressed", String(shown));
  };
  button.addEventListener("click", () => reveal(input.type === "password"));
  input.form?.addEventListener("submit", () => reveal(false));
  reveal(false);
  frame.append(button);
}
