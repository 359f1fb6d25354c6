// Wires the page: what is entered, what is sent, what is shown. Nothing is stored.
import * as api from "./api.js";
import { count, draw, lackTitles } from "./results.js";

const at = (id) => document.getElementById(id);
const view = { language: "en", labels: { en: {}, ko: {} } };
let results = [];
let limits = null;
let running = null;
let chosen = null;

function fail(message) {
  at("error").textContent = message;
  at("error").hidden = !message;
}

function show(found) {
  results = found;
  draw(at("list"), results, view);
  at("state").textContent = results.length > 1 ? count(results) : "";
  at("untitled").hidden = !lackTitles(results);
  at("empty").hidden = results.length > 0;
  at("save").hidden = at("languages").hidden = results.length === 0;
}

function choose(file) {
  chosen = file ?? null;
  at("chosen").hidden = !chosen;
  at("texts").disabled = Boolean(chosen);
  if (!chosen) {
    at("file").value = "";
    return;
  }
  const size = chosen.size < 1e6 ? `${Math.ceil(chosen.size / 1e3)} kB` : `${(chosen.size / 1e6).toFixed(1)} MB`;
  at("chosen-name").textContent = `${chosen.name} (${size}) is classified instead of the texts.`;
  fail("");
}

function problemBefore(filing) {
  if (!chosen && !(filing.title + filing.abstract + filing.claims).trim()) {
    return "There is no text yet: enter a title, an abstract or claims, or choose a file.";
  }
  if (chosen && chosen.size === 0) return `${chosen.name} is empty. Choose another file.`;
  if (chosen && limits && chosen.size > limits.body_bytes) {
    const most = Math.floor(limits.body_bytes / 2 ** 20);
    return `Too large: ${chosen.name} is over ${most} MiB. Use “cpc suggest” on the command line for large files.`;
  }
  return "";
}

function busy(since) {
  at("go").textContent = "Cancel";
  at("results").setAttribute("aria-busy", "true");
  at("state").textContent = "Working…";
  return setInterval(() => {
    at("state").textContent = `Working… ${Math.round((Date.now() - since) / 1000)} s`;
  }, 1000);
}

async function submit() {
  if (running) {
    running.abort();
    return;
  }
  const filing = { id: "Pasted text" };
  for (const name of ["title", "abstract", "claims"]) filing[name] = at(name).value;
  const problem = problemBefore(filing);
  fail(problem);
  if (problem) {
    show([]);
    return;
  }
  const options = {
    level: at("level").value, limit: Number(at("limit").value), threshold: Number(at("threshold").value),
  };
  running = new AbortController();
  show([]);
  at("empty").hidden = true;
  const timer = busy(Date.now());
  try {
    const send = chosen ? api.suggestFile(chosen, options, running.signal) : api.suggestText(filing, options, running.signal);
    const found = (await send).results;
    if (!chosen && found[0]?.error) {
      show([]);
      fail(found[0].error.message);
    } else {
      show(found);
      at("results").focus({ preventScroll: window.innerWidth >= 940 });
    }
  } catch (error) {
    show([]);
    // The service never learns a file's name; its messages say "file".
    if (error.name !== "AbortError") fail(chosen ? error.message.replace(/^file\b/, () => chosen.name) : error.message);
  } finally {
    clearInterval(timer);
    running = null;
    at("go").textContent = "Suggest symbols";
    at("results").removeAttribute("aria-busy");
  }
}

function save() {
  const text = results.map((result) => JSON.stringify(result)).join("\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${text}\n`], { type: "application/x-ndjson" }));
  link.download = "cpc-suggestions.jsonl";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function speak(button) {
  view.language = button.dataset.language;
  for (const other of at("languages").children) {
    other.setAttribute("aria-pressed", String(other === button));
  }
  draw(at("list"), results, view);
}

const LEVELS = { section: "Section", class: "Class", subclass: "Subclass", "main-group": "Main group", subgroup: "Subgroup" };

async function connect() {
  try {
    const told = await api.info();
    limits = told.limits;
    view.labels = await api.labels();
    draw(at("list"), results, view);
    at("bundle").textContent = `Bundle ${told.bundle.name} ${told.bundle.version}, CPC ${told.bundle.release}`;
    const fresh = told.levels.map((level) => new Option(LEVELS[level] ?? level, level));
    at("level").replaceChildren(new Option("Deepest", ""), ...fresh);
  } catch (problem) {
    const starting = problem.code === "starting";
    at("bundle").textContent = starting ? "The model is being loaded…" : problem.message;
    setTimeout(connect, starting ? 1000 : 5000);
  }
}

function wire() {
  at("form").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!running) submit();
    }
  });
  at("file").addEventListener("change", () => choose(at("file").files[0]));
  at("remove").addEventListener("click", () => {
    choose(null);
    at("file").focus();
  });
  at("save").addEventListener("click", save);
  at("languages").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) speak(button);
  });
  let inside = 0;
  const over = (change) => {
    inside = change === 0 ? 0 : Math.max(0, inside + change);
    at("drop").classList.toggle("over", inside > 0);
  };
  document.addEventListener("dragenter", () => over(1));
  document.addEventListener("dragleave", () => over(-1));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    over(0);
    const files = event.dataTransfer.files;
    if (files.length > 1) fail("One file at a time: pack several into a zip.");
    else if (files.length) choose(files[0]);
  });
}

wire();
connect();
