/**
 * Bundles the program into dist/ and writes the published JSON Schemas.
 * Start-up is what it is about: one small entry, everything else in chunks that are loaded when needed,
 * the built-in profiles as data.
 */

import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build as bundle } from 'esbuild';
import { tsImport } from 'tsx/esm/api';
import { thirdPartyNotices } from './third-party.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

/**
 * undici's parser is WebAssembly. Node 20 optimizes it in the background as soon as it is loaded and waits
 * for that when the process ends, some 60 ms; its baseline code is fast enough for headers. Later versions
 * of Node optimize only what runs hot.
 */
const quickWebAssembly = `
  import { setFlagsFromString } from 'node:v8';
  if (process.version.startsWith('v20.')) setFlagsFromString('--liftoff-only');`;

/**
 * Of undici only the client of one connection is used; its index would load everything else too. HTTP/2 is
 * never negotiated, and Node's module for it is slow to load.
 */
const leanUndici = {
  name: 'lean-undici',
  setup(build) {
    const folder = dirname(require.resolve('undici/package.json'));
    const client = JSON.stringify(join(folder, 'lib/dispatcher/client.js'));
    const modules = {
      undici: `${quickWebAssembly} export { default as Client } from ${client};`,
      http2: "module.exports = () => { throw new Error('HTTP/2 is not part of this bundle'); };",
    };
    const namespace = 'lean-undici';
    build.onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace }));
    build.onResolve({ filter: /^\.\/client-h2\.js$/ }, () => ({ path: 'http2', namespace }));
    build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({
      contents: modules[path],
      resolveDir: folder,
    }));
  },
};

/** A plugin that puts a text in the place of a package. */
const insteadOf = (name, contents, resolveDir = root) => ({
  name: `lean-${name}`,
  setup(build) {
    const namespace = `lean-${name}`;
    build.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: name, namespace }));
    build.onLoad({ filter: /.*/, namespace }, () => ({ contents, resolveDir }));
  },
});

const promClient = dirname(require.resolve('prom-client/package.json'));

/** Of prom-client what is used: its index also loads a cluster, a push gateway and metrics of Node: 2 MB at rest. */
const leanPromClient = insteadOf(
  'prom-client',
  ['Counter', 'Gauge', 'Histogram', 'Registry']
    .map((name) => `export { default as ${name} } from './lib/${name.toLowerCase()}.js';`)
    .join('\n'),
  promClient,
);

/** What winston traces itself with when DEBUG is set, in colours: 1.5 MB at rest. */
const leanWinston = insteadOf('@dabh/diagnostics', 'module.exports = () => () => undefined;');

/** Profiles are parsed and validated here, so that a run with a built-in one needs neither yaml nor zod. */
const builtInProfiles = {
  name: 'built-in-profiles',
  setup(build) {
    build.onLoad({ filter: /agent[\\/]profiles[\\/]built-in-source\.ts$/ }, async () => ({
      contents: await profilesModule(),
      loader: 'js',
    }));
  },
};

const profilesModule = async () => {
  const { builtInIds, builtInProfile } = await tsImport(
    '../agent/profiles/built-in.ts',
    import.meta.url,
  );
  const profiles = await Promise.all(builtInIds.map((id) => builtInProfile(id)));
  const data = profiles.map((profile) => ({
    ...profile,
    authorities: profile.authorities.map(({ der, ...authority }) => ({
      ...authority,
      ...(der && { der: Buffer.from(der).toString('base64') }),
    })),
  }));
  return `
    const profiles = ${JSON.stringify(data)};
    const decode = ({ der, ...authority }) =>
      der === undefined ? authority : { ...authority, der: new Uint8Array(Buffer.from(der, 'base64')) };
    export const parseBuiltIn = async (id) => {
      const profile = profiles.find((candidate) => candidate.id === id);
      return { ...profile, authorities: profile.authorities.map(decode) };
    };`;
};

/** The licences of what is bundled are known after the bundling: their module is written then. */
const thirdParty = {
  name: 'third-party',
  setup(build) {
    build.onResolve({ filter: /\/third-party\.ts$/ }, () => ({
      path: './third-party.js',
      external: true,
    }));
  },
};

/** In an executable koffi is part of the bundle, and its native half lies in the executable too. */
const koffiInside = {
  name: 'koffi-inside',
  setup(build) {
    build.onResolve({ filter: /^\.\/src\/static\.js$/ }, () => ({
      path: join(root, 'packaging', 'executable', 'koffi-native.ts'),
    }));
  },
};

/** Bundled CommonJS calls require() for Node's own modules. */
const requireShim =
  "import{createRequire as certreadyRequire}from'node:module';const require=certreadyRequire(import.meta.url);\n";

/** The shim stays only where something calls it: every import costs the start a little. */
const withoutIdleShim = (text) => {
  const rest = text.replace(requireShim, '');
  return /\brequire\b/.test(rest) ? text : rest;
};

/**
 * @param outdir where the program goes
 * @param options `executable`: it goes into a single executable, koffi with it;
 *   `notices`: licences of what else is shipped with it
 * @returns esbuild's account of what went into which file
 */
export const buildProgram = async (outdir, { executable = false, notices = [] } = {}) => {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const { metafile, outputFiles } = await bundle({
    absWorkingDir: root,
    entryPoints: { certready: 'agent/main.ts' },
    outdir,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: executable ? [] : ['koffi'], // native, optional
    legalComments: executable ? 'none' : 'linked',
    banner: { js: requireShim.trimEnd() },
    define: { CERTREADY_VERSION: JSON.stringify(version) },
    plugins: [
      ...[leanUndici, leanPromClient, leanWinston, builtInProfiles, thirdParty],
      ...(executable ? [koffiInside] : []),
    ],
    logLevel: 'warning',
    metafile: true,
    write: false,
  });
  await mkdir(outdir, { recursive: true });
  for (const { path, text } of outputFiles) await writeFile(path, withoutIdleShim(text));
  const text = await thirdPartyNotices(root, metafile, notices);
  await writeFile(
    join(outdir, 'third-party.js'),
    `export const notices = ${JSON.stringify(text)};\n`,
  );
  await chmod(join(outdir, 'certready.js'), 0o755);
  return metafile;
};

/** Writes only what has changed, so that a build leaves an unchanged work tree unchanged. */
export const buildSchemas = async (folder) => {
  const { publishedSchemas } = await tsImport('../agent/schemas.ts', import.meta.url);
  await mkdir(folder, { recursive: true });
  for (const [name, schema] of Object.entries(publishedSchemas())) {
    const path = join(folder, `${name}.json`);
    const text = `${JSON.stringify(schema, null, 2)}\n`;
    const present = await readFile(path, 'utf8').catch(() => undefined);
    if (present !== text) await writeFile(path, text);
  }
};

const main = async () => {
  const fresh = join(root, `dist.${process.pid}.tmp`);
  try {
    await buildProgram(fresh);
    await buildSchemas(join(root, 'schemas'));
    await rm(join(root, 'dist'), { recursive: true, force: true });
    await rename(fresh, join(root, 'dist'));
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
