/** What the executables are made of, as CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/). */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundledFolders } from '../scripts/third-party.mjs';
import type { Workshop } from './executable.ts';
import { nodeVersion, pinOf } from './registry.ts';
import { run } from './run.ts';
import { targets } from './targets.ts';

interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly [more: string]: unknown;
}

interface Bom {
  readonly metadata: { readonly component: Component; readonly [more: string]: unknown };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
  readonly [more: string]: unknown;
}

const repository = new URL('../', import.meta.url);

/** References of the packages that are inside, as npm writes them. */
const references = async ({ metafile }: Workshop): Promise<ReadonlySet<string>> => {
  const inside = await Promise.all(
    bundledFolders(metafile).map(async (folder) => {
      const text = await readFile(new URL(`${folder}/package.json`, repository), 'utf8');
      const { name, version } = JSON.parse(text) as Component;
      return `${name}@${version}`;
    }),
  );
  const native = await Promise.all(
    targets.map(async ({ koffi }) => `${koffi}@${(await pinOf(koffi)).version}`),
  );
  return new Set([...inside, ...native]);
};

/** Node itself, and the versions of its binary interfaces. */
const notComponents: ReadonlySet<string> = new Set(['node', 'modules', 'napi']);

/** What Node says it is made of; not npm packages, but what advisories speak of. */
const nodeComponents = async ({ node }: Workshop): Promise<readonly Component[]> => {
  const said = await run(node, ['-p', 'JSON.stringify(process.versions)']);
  return Object.entries(JSON.parse(said) as Record<string, string>)
    .filter(([name, version]) => version !== '' && !notComponents.has(name))
    .map(([name, version]) => ({
      type: 'library',
      'bom-ref': `node/${name}@${version}`,
      name,
      version,
    }));
};

const nodeComponent = async (workshop: Workshop): Promise<Component> => ({
  type: 'framework',
  'bom-ref': `node@${nodeVersion}`,
  name: 'node',
  version: nodeVersion,
  description: 'The JavaScript runtime that the program is inside of',
  cpe: `cpe:2.3:a:nodejs:node.js:${nodeVersion}:*:*:*:-:*:*:*`,
  purl: `pkg:generic/nodejs@${nodeVersion}?download_url=https://nodejs.org/dist/v${nodeVersion}/`,
  licenses: [{ license: { id: 'MIT' } }],
  components: await nodeComponents(workshop),
});

const uuidOf = (content: string): string => {
  const digits = createHash('sha256').update(content).digest('hex');
  // Version 8 (RFC 9562 section 5.8): made from what the document says, so that it can be made again
  const parts = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ];
  return parts.join('-');
};

/** npm's account of the lock file, reduced to what is really inside, and Node. */
export const sbom = async (workshop: Workshop, date: Date): Promise<string> => {
  const said = await run('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
    cwd: fileURLToPath(repository),
  });
  const bom = JSON.parse(said) as Bom;
  const inside = await references(workshop);
  const node = await nodeComponent(workshop);
  const own = bom.metadata.component;
  const ownReference = own['bom-ref'];
  const components = bom.components
    .filter((component) => inside.has(component['bom-ref']))
    .map((component) => ({ ...component, scope: 'required' }));
  const content = {
    ...bom,
    serialNumber: undefined, // npm's is another one each time
    metadata: {
      timestamp: date.toISOString(),
      lifecycles: [{ phase: 'build' }],
      component: { ...own, type: 'application', name: 'certready' },
    },
    components: [node, ...components],
    dependencies: bom.dependencies
      .filter(({ ref }) => ref === ownReference || inside.has(ref))
      .map(({ ref, dependsOn }) => ({
        ref,
        dependsOn: [
          ...(ref === ownReference ? [node['bom-ref']] : []),
          ...dependsOn.filter((reference) => inside.has(reference)),
        ],
      })),
  };
  const serialNumber = `urn:uuid:${uuidOf(JSON.stringify(content))}`;
  return `${JSON.stringify({ ...content, serialNumber }, null, 2)}\n`;
};
