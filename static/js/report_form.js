/** Words that the server gave back unsaved count as typed: leaving asks first. */
for (const form of document.querySelectorAll("form[data-unsaved][data-typed]")) {
  form.dispatchEvent(new Event("input"));
}
