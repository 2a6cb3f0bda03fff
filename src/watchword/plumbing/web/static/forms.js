// Forms: the error summary takes the focus, and a form leaves only once.

const RELEASE_MS = 10_000; // a stopped navigation must not lock the form for good

document.querySelector("[data-summary]")?.focus();

function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
  setTimeout(release, RELEASE_MS, form);
});

// The page may come back from the browser's history as it was left.
window.addEventListener("pageshow", () => [...document.forms].forEach(release));
