/** `certready config …`: the configuration in effect, and whether it is right. */

import type { Command } from 'commander';
import { loadConfig, type LoadedConfig } from '../config/load.ts';
import { loadProfiles } from '../profiles/load.ts';
import { group } from './group.ts';
import { configOption } from './once-options.ts';
import type { Invocation } from './surroundings.ts';

interface ConfigOptions {
  readonly config?: string;
}

export const addConfigCommand = (program: Command, invocation: Invocation): void => {
  const { env, platform, stdout } = invocation;
  const load = ({ config }: ConfigOptions): Promise<LoadedConfig> =>
    loadConfig({ file: config ?? program.opts<ConfigOptions>().config, env, platform });
  const config = group(program.command('config'))
    .description('the configuration in effect')
    .addHelpText('after', '\nExample:\n  $ certready config show --config ./config.yaml');
  config
    .command('show')
    .description('the effective configuration as YAML, secrets masked')
    .addOption(configOption())
    .addHelpText('after', '\nExample:\n  $ certready config show')
    .action(async (options: ConfigOptions) => {
      const loaded = await load(options);
      const { showConfig } = await import('../config/show.ts');
      await stdout.write(showConfig(loaded));
    });
  config
    .command('check')
    .description('is the configuration right? All of its errors at once')
    .addOption(configOption())
    .addHelpText('after', '\nExample:\n  $ certready config check --config ./config.yaml')
    .action(async (options: ConfigOptions) => {
      const loaded = await load(options);
      await loadProfiles(loaded.config.profiles);
      await stdout.write(`OK ${loaded.path ?? 'defaults, there is no configuration file'}\n`);
    });
};
