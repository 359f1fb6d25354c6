// Talks to the service. Every failure becomes a Problem with a sentence for the user.

export class Problem extends Error {
  constructor(message, code = "", retry = 0) {
    super(message);
    this.code = code;
    this.retry = retry;
  }
}

const GONE = "The service does not answer. Check that it is running, then try again.";

async function explain(response) {
  let error = {};
  try {
    error = (await response.json()).error ?? {};
  } catch {
    // A proxy in between may answer in its own way.
  }
  const retry = Number(response.headers.get("Retry-After")) || 0;
  const said = error.message || `The service answered with status ${response.status}.`;
  if (response.status === 429) {
    const wait = retry && !said.includes("try again") ? ` Try again in ${retry} s.` : "";
    return new Problem(`The service is busy: ${said}${wait}`, "overloaded", retry);
  }
  if (response.status === 413) return new Problem(`Too large: ${said}`, error.code);
  if (error.code === "starting") return new Problem("The model is still being loaded. Try again in a few seconds.", "starting", retry);
  if (response.status >= 500) return new Problem(`The service failed: ${said}`, error.code);
  return new Problem(said, error.code);
}

async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(GONE, "gone");
  }
  if (!response.ok) throw await explain(response);
  try {
    return await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("The answer was cut off on its way. Try again.", "cut");
  }
}

export const info = () => ask("v1/info");
export const labels = () => ask("v1/labels");

export function suggestText(filing, { level, limit, threshold }, signal) {
  const body = JSON.stringify({ filings: [filing], limit, threshold, level: level || null });
  return ask("v1/suggest", {
    method: "POST", headers: { "Content-Type": "application/json" }, body, signal,
  });
}

export function suggestFile(file, { level, limit, threshold }, signal) {
  const query = new URLSearchParams({ limit: String(limit), threshold: String(threshold) });
  if (level) query.set("level", level);
  return ask(`v1/filings?${query}`, {
    method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file, signal,
  });
}
