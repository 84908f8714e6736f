/** Access to items of lists. */

/** Return the item at an index; raises a RangeError if there is none. */
export function itemAt<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) {
    throw new RangeError(`no item ${index} of ${items.length}`);
  }
  return item;
}

/** Return the item after another one, the first after the last. */
export function nextItem<T>(items: readonly T[], item: T): T {
  return itemAt(items, (items.indexOf(item) + 1) % items.length);
}
