/** Windows answers at once; whoever asks may have to wait elsewhere. What is thrown is the promise's. */
export const promised =
  <T, Args extends readonly unknown[]>(act: (...args: Args) => T) =>
  (...args: Args): Promise<T> =>
    new Promise((resolve) => resolve(act(...args)));
