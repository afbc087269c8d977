// What pages do better with JavaScript; each works without it.
document.documentElement.classList.add("scripted");

for (const field of document.querySelectorAll("[data-zone]")) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
}

for (const place of document.querySelectorAll("[data-drop]")) {
  const picker = place.querySelector("input[type=file]");
  const chosen = place.querySelector("[aria-live]");
  place.querySelector(".drop-hint").hidden = false;
  const tell = () => {
    const names = Array.from(picker.files, (file) => `${file.name} (${Math.ceil(file.size / 1024)} KiB)`);
    chosen.textContent = names.length ? `To hand in: ${names.join(", ")}` : "";
  };
  picker.addEventListener("change", tell);
  place.addEventListener("dragover", (event) => {
    event.preventDefault();
    place.classList.add("over");
  });
  place.addEventListener("dragleave", () => place.classList.remove("over"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    place.classList.remove("over");
    picker.files = event.dataTransfer.files;
    tell();
  });
}

const tones = {
  passed: "right", partial: "partly", inefficient: "partly", slow: "partly", wrong: "wrong",
  crashed: "wrong", timeout: "wrong", memory: "wrong", refused: "wrong", missing: "blank",
  skipped: "blank", undecided: "open", review: "open", void: "open",
};

function showPart(part) {
  const row = document.createElement("li");
  const tone = tones[part.verdict] || "blank";
  const word = document.createElement("span");
  word.className = `verdict ${tone}`;
  const space = "http://www.w3.org/2000/svg";
  const icon = document.createElementNS(space, "svg");
  icon.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#mark-${tone}`);
  icon.append(use);
  word.append(icon, part.verdict);
  const title = document.createElement("span");
  title.textContent = ` ${part.title || part.id}`;
  row.append(word, title);
  return row;
}

function tellTime(seconds) {
  return seconds < 90 ? `${Math.max(1, Math.round(seconds))} seconds` : `${Math.round(seconds / 60)} minutes`;
}

for (const place of document.querySelectorAll("[data-follow]")) {
  const status = place.querySelector("[data-status]");
  const parts = place.querySelector("[data-parts]");
  const heading = place.querySelector("h2");
  let round = 0;
  parts.replaceChildren();
  const source = new EventSource(place.dataset.follow);
  source.addEventListener("part", (event) => parts.append(showPart(JSON.parse(event.data))));
  source.addEventListener("status", (event) => {
    const seen = JSON.parse(event.data);
    if (seen.try > round && round > 0) parts.replaceChildren();
    round = seen.try;
    if (seen.state === "queued") {
      const wait = seen.estimate_s ? `, about ${tellTime(seen.estimate_s)}` : "";
      status.textContent = `Place ${seen.position} in the queue${wait}.`;
    } else if (seen.state === "running") {
      heading.textContent = "Being graded";
      status.textContent = "Grading now.";
    }
  });
  source.addEventListener("over", () => {
    source.close();
    status.textContent = "Done; the report comes now.";
    location.reload();
  });
}

// Marking by keyboard: j and k move, digits give points, c goes to the comment, Enter keeps.
const marking = document.querySelector("[data-marking]");
if (marking) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = event.target.matches("textarea, input:not([type=radio]), select");
    if (event.key === "Escape" && isTyping) event.target.blur();
    if (isTyping) return;
    const follow = { j: "next", k: "previous" }[event.key];
    if (follow) marking.querySelector(`a[rel=${follow}]`)?.click();
    if (event.key === "c") {
      event.preventDefault();
      marking.querySelector("textarea")?.focus();
    }
    if (event.key === "Enter" && event.target === document.body) marking.querySelector("form.marks")?.requestSubmit();
    const items = marking.querySelectorAll("[data-item]");
    const at = [...items].findIndex((item) => item.classList.contains("current"));
    if (/^[0-9]$/.test(event.key) && items.length) {
      const item = items[Math.max(0, at)];
      const choice = item.querySelectorAll("input[type=radio]")[Number(event.key)];
      if (choice) {
        choice.checked = true;
        item.classList.remove("current");
        items[Math.min(items.length - 1, Math.max(0, at) + 1)].classList.add("current");
      }
    }
  });
  marking.querySelector("[data-item]")?.classList.add("current");
  for (const button of marking.querySelectorAll("[data-say]")) {
    button.addEventListener("click", () => {
      const text = marking.querySelector("textarea");
      text.value = text.value ? `${text.value}\n${button.dataset.say}` : button.dataset.say;
      text.focus();
    });
  }
}
