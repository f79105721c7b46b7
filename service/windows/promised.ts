/** Windows answers at once; a step of a plan may take its time. */
export const promised = (act: () => void) => (): Promise<void> =>
  new Promise((resolve) => {
    act(); // what it throws is the promise's
    resolve();
  });
