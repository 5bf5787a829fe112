// Text as people search it.

/** Letters as a hurried thumb types them: no case, no marks, đ as d. */
export function fold(text) {
  return text
    .replaceAll(/[đĐ]/g, "d")
    .normalize("NFD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase();
}
