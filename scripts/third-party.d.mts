import type { Metafile } from 'esbuild';

export const bundledFolders: (metafile: Pick<Metafile, 'outputs'>) => readonly string[];
