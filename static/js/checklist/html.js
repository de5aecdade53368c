// The one place where text becomes markup: only what the portal itself rendered comes here. The
// page's policy (require-trusted-types-for) refuses every other way.
const policy = window.trustedTypes?.createPolicy("portal", {
  createHTML: (html) => html,
  createScriptURL: (url) => url,
});

export function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = policy ? policy.createHTML(html.trim()) : html.trim();
  // Of this document at once: elsewhere a form's address would lead nowhere.
  return document.adoptNode(template.content.firstElementChild);
}

export const scriptAddress = (url) => (policy ? policy.createScriptURL(url) : url);
