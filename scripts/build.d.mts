import type { Metafile } from 'esbuild';

/** The licence of something that is shipped with the bundle. */
export interface Notice {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly text: string;
}

export interface BuildOptions {
  /** It goes into a single executable, koffi with it. */
  readonly executable?: boolean;
  readonly notices?: readonly Notice[];
}

export const buildProgram: (outdir: string, options?: BuildOptions) => Promise<Metafile>;
export const buildSchemas: (folder: string) => Promise<void>;
