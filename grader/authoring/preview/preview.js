"use strict";
// Answers stay in this tab over reloads; nothing is kept anywhere else.
const page = document.documentElement.dataset.version;

for (const form of document.querySelectorAll("form.trial")) {
  const { text, staff } = form.elements;
  const key = `${location.pathname} ${form.dataset.part}`;
  const begun = text.value;
  const box = form.querySelector(".verdict-box");

  async function judge() {
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const answer = await fetch("/judge", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ part: form.dataset.part, text: text.value, staff: staff.checked }),
      });
      const { html, message } = await answer.json();
      if (html) box.innerHTML = html;
      else box.textContent = message;
    } catch {
      box.textContent = "The preview has been stopped.";
    }
    button.disabled = false;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem(`tried ${key}`, "yes");
    judge();
  });
  text.addEventListener("input", () => sessionStorage.setItem(key, text.value));
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  const kept = sessionStorage.getItem(key);
  if (kept !== null && kept !== begun) text.value = kept;
  if (sessionStorage.getItem(`tried ${key}`)) judge();
}

async function watch() {
  try {
    if (!document.hidden) {
      const { version } = await (await fetch("/version")).json();
      if (version !== page) {
        sessionStorage.setItem("scroll", String(scrollY));
        location.reload();
        return;
      }
    }
  } catch {
    // The server is being started again; the next try may reach it.
  }
  setTimeout(watch, 1000);
}

scrollTo(0, Number(sessionStorage.getItem("scroll") ?? 0));
sessionStorage.removeItem("scroll");
setTimeout(watch, 1000);
