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

// What is typed is kept in this tab until it is handed in: a session that ran out loses nothing.
const drafts = "draft ";

function listDrafts() {
  return Object.keys(sessionStorage).filter((name) => name.startsWith(drafts));
}

function forgetDrafts() {
  for (const name of listDrafts()) sessionStorage.removeItem(name);
}

for (const form of document.querySelectorAll("form[data-draft]")) {
  const name = `${drafts}${form.dataset.draft} ${new URL(form.action).pathname}`;
  const fields = [...form.elements].filter((each) => each.matches("textarea, [type=radio], [type=checkbox]"));
  const tell = (each) => (each.matches("textarea") ? each.value : each.checked);
  const find = (each) => (each.type === "radio" ? `${each.name} ${each.value}` : each.name);
  const begun = fields.map(tell);
  const note = document.querySelector("[data-restored]");
  const put = (each, value) => {
    if (each.matches("textarea")) each.value = value;
    else each.checked = value;
    const read = () => each.dispatchEvent(new Event("input", { bubbles: true }));
    if (!each.matches("[hx-post]")) return;
    if (document.readyState === "complete") read();
    else addEventListener("load", read);
  };
  const kept = JSON.parse(sessionStorage.getItem(name) || "{}");
  for (const each of fields) {
    const value = kept[find(each)];
    if (value === undefined || value === tell(each)) continue;
    put(each, value);
    note.hidden = false;
  }
  form.addEventListener("input", () => {
    const changed = fields.filter((each, index) => tell(each) !== begun[index] || find(each) in kept);
    if (changed.length === 0) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, JSON.stringify(Object.fromEntries(changed.map((each) => [find(each), tell(each)]))));
  });
  note.querySelector("[data-forget]").addEventListener("click", () => {
    fields.forEach((each, index) => put(each, begun[index]));
    sessionStorage.removeItem(name);
    note.hidden = true;
  });
}

for (const place of document.querySelectorAll("[data-handed-in]")) {
  sessionStorage.removeItem(`${drafts}${place.dataset.handedIn}`);
}
for (const form of document.querySelectorAll("form[action='/sign-out']")) form.addEventListener("submit", forgetDrafts);
for (const place of document.querySelectorAll("[data-kept]")) place.hidden = listDrafts().length === 0;

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

// Marking by keyboard: j and k move, digits give points, c goes to the comment, Enter keeps,
// l leads to the last one kept, r fills in what another submission was given.
const marking = document.querySelector("[data-marking]");
if (marking) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = event.target.matches("textarea, input:not([type=radio]), select");
    if (event.key === "Escape" && isTyping) event.target.blur();
    if (isTyping) return;
    const follow = { j: "[rel=next]", k: "[rel=previous]", l: "[data-last]", r: "[data-reuse]" }[event.key];
    if (follow) document.querySelector(`main a${follow}`)?.click();
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
        choice.dispatchEvent(new Event("change", { bubbles: true }));
        item.classList.remove("current");
        items[Math.min(items.length - 1, Math.max(0, at) + 1)].classList.add("current");
      }
    }
  });
  // Points are chosen or typed, never both.
  for (const item of marking.querySelectorAll("[data-item]")) {
    const typed = item.querySelector("input[inputmode]");
    const choices = item.querySelectorAll("input[type=radio]");
    typed.addEventListener("input", () => choices.forEach((choice) => (choice.checked = false)));
    choices.forEach((choice) => choice.addEventListener("change", () => (typed.value = "")));
  }
  marking.querySelector("[data-item]")?.classList.add("current");
  for (const button of marking.querySelectorAll("[data-say]")) {
    button.addEventListener("click", () => {
      const text = marking.querySelector("textarea");
      text.value = text.value ? `${text.value}\n${button.dataset.say}` : button.dataset.say;
      text.focus();
    });
  }
}
