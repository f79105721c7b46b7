/** What the Node inside the executables has beyond the one that the sources are typed for. */

declare module 'node:sea' {
  export const getAssetKeys: () => readonly string[];
}

declare module 'node:module' {
  interface HookResult {
    readonly url?: string;
    readonly source?: string | Uint8Array;
    readonly format?: string;
    readonly shortCircuit?: boolean;
  }

  /** https://nodejs.org/docs/latest-v24.x/api/module.html#moduleregisterhooksoptions */
  export const registerHooks: (hooks: {
    resolve(
      specifier: string,
      context: { readonly parentURL?: string },
      next: (specifier: string, context: object) => HookResult,
    ): HookResult;
    load(
      url: string,
      context: object,
      next: (url: string, context: object) => HookResult,
    ): HookResult;
  }) => void;
}
