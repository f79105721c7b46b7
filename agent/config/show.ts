/** The effective configuration as YAML that could be a configuration file, but for its secrets. */

import { stringify } from 'yaml';
import type { AlertReceiver, Config } from './config.ts';
import type { LoadedConfig } from './load.ts';
import { maskSecret, maskUrl } from './secret.ts';

const showAlert = ({ type, url, secret }: AlertReceiver) => ({
  type,
  url: maskUrl(url),
  ...(secret !== undefined && {
    secret: typeof secret === 'string' ? maskSecret(secret) : secret.map(maskSecret),
  }),
});

const showMetrics = ({ otlp, ...rest }: Config['metrics']) => ({
  ...rest,
  ...(otlp && {
    otlp: {
      ...otlp,
      url: maskUrl(otlp.url),
      ...(otlp.headers && {
        headers: Object.fromEntries(
          Object.entries(otlp.headers).map(([name, value]) => [name, maskSecret(value)]),
        ),
      }),
    },
  }),
});

const showProxy = ({ proxy }: Config): string =>
  proxy === 'system' || proxy === 'none' ? proxy : maskUrl(proxy);

export const showConfig = ({ config, path }: LoadedConfig): string =>
  `# ${path === undefined ? 'defaults: there is no configuration file' : `from ${path}`}\n` +
  stringify(
    {
      ...config,
      proxy: showProxy(config),
      alerts: config.alerts.map(showAlert),
      metrics: showMetrics(config.metrics),
    },
    { lineWidth: 0 },
  );
