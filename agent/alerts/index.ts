/** Alerts: what the agent, and the commands, use of this folder. */

export { createAlerting } from './alerting.ts';
export type { AlertEvent, Problem } from './event.ts';
export { isGapEvent } from './event.ts';
export type { Alerting, AlertingConfig, AlertingOptions, QueueDepth } from './facade.ts';
