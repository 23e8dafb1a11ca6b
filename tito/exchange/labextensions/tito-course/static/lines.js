// Adds to each line of nbgrader's Assignment List on what terms it is handed in: the due date, the attempts that are left.
// nbgrader's list has no place for it (docs/decisions/0017). Without this file, or with another list, nothing is added.
//
// It is a prebuilt extension of JupyterLab 4 written by hand: a container of module federation is an object with `init`
// and `get`. It takes nothing of what JupyterLab shares, so there is nothing to build and no version to agree on.
"use strict";

(() => {
  const LIST = "nbgrader-assignment-list";
  const OPEN = "nbgrader:open-assignment-list";
  const ROWS = "#released_assignments_list > .list_item, #fetched_assignments_list > .list_item";
  const FRESH = "titoAsked";
  // Terms stand below the columns, as wide as the row; so do attempts, whose other columns are empty.
  const STYLE = `
    .tito-terms { clear: both; font-size: var(--jp-ui-font-size1); }
    .tito-page { margin-right: 1em; color: var(--jp-content-link-color); text-decoration: underline; }
    #submitted_assignments_list .nested_list_item .item_name { width: 100%; }
  `;

  /** What the server said of the assignments when it listed them last. */
  async function ask(settings) {
    const url = `${settings.baseUrl}tito/assignments`;
    // JupyterHub takes the cookie of a request that is no navigation with this header alone.
    const xsrf = document.cookie.match(/\b_xsrf=([^;]*)/)?.[1] ?? "";
    const options = { cache: "no-store", credentials: "same-origin", headers: { "X-XSRFToken": xsrf } };
    const answer = await fetch(url, options);
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    return answer.json();
  }

  /** Text, never HTML: it comes from elsewhere. */
  function line(text) {
    const one = document.createElement("div");
    one.className = "tito-terms";
    one.textContent = text;
    return one;
  }

  function link(list, page) {
    const heading = list.querySelector("#assignments_list_info");
    if (heading === null || list.querySelector(".tito-page") !== null) return;
    const one = document.createElement("a");
    one.className = "tito-page";
    one.href = page;
    one.target = "_blank";
    one.rel = "noopener";
    one.textContent = "My checkpoints";
    heading.before(one);
  }

  /** Complete the rows that came since the last time. The list makes all of them anew whenever it is loaded. */
  async function complete(list, settings) {
    const rows = [...list.querySelectorAll(ROWS)].filter(row => !(FRESH in row.dataset));
    if (rows.length === 0) return;
    for (const row of rows) row.dataset[FRESH] = "";
    const { shown, page } = await ask(settings);
    link(list, page);
    for (const row of rows) {
      const name = row.querySelector(".item_name");
      const text = shown[name?.textContent.trim()];
      if (text) name.parentElement.append(line(text));
    }
  }

  function activate(app) {
    const settings = app.serviceManager.serverSettings;
    document.head.append(Object.assign(document.createElement("style"), { textContent: STYLE }));
    const known = new WeakSet();
    const watch = () => {
      const list = document.getElementById(LIST);
      if (list === null || known.has(list)) return;
      known.add(list);
      const look = () => complete(list, settings).catch(error => console.warn("tito-course:", error));
      new MutationObserver(look).observe(list, { childList: true, subtree: true });
      look();
    };
    app.commands.commandExecuted.connect((_, done) => {
      if (done.id === OPEN) done.result.then(watch, () => {});
    });
    app.restored.then(watch, () => {});
  }

  const plugin = { id: "tito-course:terms", description: "Due dates in the Assignment List", autoStart: true, activate };
  const modules = { "./extension": () => ({ __esModule: true, default: plugin }) };
  window._JUPYTERLAB = window._JUPYTERLAB ?? {};
  window._JUPYTERLAB["tito-course"] = { init: async () => {}, get: async name => modules[name] };
})();
