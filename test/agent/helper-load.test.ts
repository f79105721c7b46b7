/** What a helper process reads for the agent. */

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { load } from '../../agent/helper/load.ts';
import { loadSettings } from '../../agent/settings.ts';

it('the settings arrive as a run by hand has them, but for the surroundings', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'certready-load-'));
  try {
    const config = join(folder, 'config.json');
    const service = { name: 'relay', node: process.execPath };
    await writeFile(config, JSON.stringify({ proxy: 'none', nodeServices: [service] }));
    const places = { env: {}, platform: 'linux' } as const;
    const { settings } = await load({ config }, places);
    const { host, ...rest } = await loadSettings({ config }, places);
    const { host: arrived, ...others } = settings ?? assert.fail('no settings');
    assert.deepEqual({ ...arrived, ...places }, host);
    assert.deepEqual(others, rest);
    assert.equal(arrived.nodeServices?.[0]?.node, process.execPath);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
