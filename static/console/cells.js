/* On a phone the rows of an admin list are cards: each cell says which column it was. */
export function labelCells() {
  const heads = [...document.querySelectorAll("#result_list thead th")].map((head) => head.textContent.trim());
  for (const row of document.querySelectorAll("#result_list tbody tr")) {
    [...row.children].forEach((cell, index) => {
      if (cell.tagName === "TD" && heads[index]) cell.dataset.label = heads[index];
    });
  }
}
