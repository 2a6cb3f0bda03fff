// Codes: spaces and dashes fall away when a code is pasted or sent; Arabic and Persian digits
// become the ones the server reads.

function digits(text) {
  return text
    .replace(/[\u0660-\u0669]/g, (digit) => digit.charCodeAt(0) - 0x0660)
    .replace(/[\u06f0-\u06f9]/g, (digit) => digit.charCodeAt(0) - 0x06f0)
    .replace(/\D/g, "");
}

for (const input of document.querySelectorAll("input[data-code]")) {
  input.addEventListener("paste", (event) => {
    const clean = digits(event.clipboardData?.getData("text") ?? "");
    if (!clean) return;
    event.preventDefault();
    input.value = clean;
  });
  input.form?.addEventListener("submit", () => {
    input.value = digits(input.value);
  });
}
