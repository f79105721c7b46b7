/** The licences of the npm packages that a bundle really holds. */

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const packageFolder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;

/** @returns the folders of the packages of which something went into a file, relative to the root, sorted */
export const bundledFolders = ({ outputs }) => {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const folders = inputs
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => packageFolder.exec(path.replace(/^[^:/]*:/, ''))?.[0])
    .filter((folder) => folder !== undefined);
  return [...new Set(folders)].sort();
};

const licenceFile = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;

const noticeOf = async (folder) => {
  const { name, version, license } = JSON.parse(
    await readFile(join(folder, 'package.json'), 'utf8'),
  );
  const files = (await readdir(folder)).filter((file) => licenceFile.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  if (texts.length === 0) texts.push(`Licence: ${license} (the package has no licence file).`);
  return { name, version, license, text: texts.join('\n\n') };
};

const rule = '-'.repeat(78);

const section = ({ name, version, license, text }) =>
  [rule, `${name} ${version} (${license})`, rule, '', text.replace(/\r\n/g, '\n').trim(), ''].join(
    '\n',
  );

/**
 * @param root the repository
 * @param metafile esbuild's account of the bundle
 * @param more notices of what else is shipped: `{ name, version, license, text }`
 * @returns the program's own licence, and each package's
 */
export const thirdPartyNotices = async (root, metafile, more = []) => {
  const own = await noticeOf(root);
  const bundled = await Promise.all(
    bundledFolders(metafile).map((folder) => noticeOf(join(root, folder))),
  );
  return [own, ...bundled, ...more].map(section).join('\n');
};
