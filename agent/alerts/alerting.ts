/** Reports and troubles in, deliveries out. See facade.ts for what each of it means. */

import { milliseconds } from '../config/duration.ts';
import type { Report } from '../report/report.ts';
import { type StateStore, openStateStore } from '../state/state-store.ts';
import { Courier } from './courier.ts';
import type { Deliver } from './delivery.ts';
import { Dispatch, type Due, earliest } from './dispatch.ts';
import type { Teller } from './event.ts';
import type { Alerting, AlertingConfig, AlertingOptions, QueueDepth } from './facade.ts';
import { Ledger } from './ledger.ts';
import { counts, heads, settle } from './outbox.ts';
import { receiverProblemCodes, receiverProblems } from './receiver-problems.ts';
import { type Receiver, openReceivers } from './receivers/index.ts';
import { type Saved, emptySaved, savedFraming } from './saved.ts';
import { isUnsettled, openEvents } from './standing.ts';

/** So often a state that could not be written is tried again, besides at every change. */
const saveAgainMs = 60_000;

/** What the trouble is called that the state of before was unusable. */
const setAsideCode = 'state-set-aside';

/** What a configuration comes to. */
interface Opened {
  readonly config: AlertingConfig;
  readonly receivers: readonly Receiver[];
}

const openConfig = async (
  config: AlertingConfig,
  { env }: Pick<AlertingOptions, 'env'>,
): Promise<Opened> => ({ config, receivers: await openReceivers(config.alerts, env) });

class StatefulAlerting implements Alerting {
  readonly #options: AlertingOptions;
  readonly #store: StateStore<Saved>;
  readonly #ledger: Ledger;
  readonly #dispatch: Dispatch;
  #config: AlertingConfig;
  #couriers: readonly Courier[] = [];
  #deliver: Promise<Deliver> | undefined;

  constructor(options: AlertingOptions, store: StateStore<Saved>, { config, receivers }: Opened) {
    const { host, agentVersion, clock, log } = options;
    const from: Teller = { host, agent: { name: 'certready', version: agentVersion } };
    this.#options = options;
    this.#store = store;
    this.#config = config;
    this.#ledger = new Ledger({
      store,
      from,
      isTried: (key, id) => this.#courier(key)?.isTried(id) ?? false,
      keys: () => this.#couriers.map(({ receiver }) => receiver.key),
      reconciling: () => ({
        now: clock.now(),
        confirmAfter: this.#config.confirmAfter,
        remindEveryMs: milliseconds(this.#config.remindEvery),
      }),
      onEvent: (event) => {
        try {
          options.onEvent?.(event);
        } catch (error) {
          log('error', `alerts: an event could not be announced: ${String(error)}`);
        }
      },
    });
    this.#dispatch = new Dispatch({
      ledger: this.#ledger,
      deliver: () => this.#wayOut(),
      from,
      clock,
      log,
    });
    this.#settle(receivers);
    if (store.setAside !== undefined) {
      log('error', store.setAside);
      this.#ledger.observe({ trouble: { code: setAsideCode, summary: store.setAside } });
    }
  }

  /** Writes what settling has changed. A wrong proxy is said now rather than at the first alert. */
  async start(): Promise<void> {
    if (this.#couriers.length > 0) await this.#wayOut();
    if (this.#ledger.isChanged) await this.#ledger.commit();
  }

  async observe(report: Report): Promise<void> {
    this.#ledger.observe({ recovered: setAsideCode });
    this.#ledger.observe(report);
    await this.#ledger.commit();
  }

  async trouble(code: string, summary: string): Promise<void> {
    this.#ledger.observe({ trouble: { code, summary } });
    await this.#ledger.commit();
  }

  async recovered(code: string): Promise<void> {
    this.#ledger.observe({ recovered: code });
    await this.#ledger.commit();
  }

  async pump(signal: AbortSignal): Promise<Date | undefined> {
    if (this.#ledger.isUnsaved || this.#ledger.isChanged) await this.#ledger.commit();
    const serve = (): Promise<Due[]> =>
      Promise.all(this.#couriers.map((courier) => this.#dispatch.serve(courier, signal)));
    let due = earliest(await serve());
    if (signal.aborted) return undefined;
    if (await this.#judgeReceivers()) due = earliest(await serve());
    const now = this.#options.clock.now().getTime();
    const next = earliest([due, this.#ledger.isUnsaved ? now + saveAgainMs : undefined]);
    return next === undefined ? undefined : new Date(next);
  }

  depth(): readonly QueueDepth[] {
    return this.#couriers.map(({ receiver: { key, label } }) => ({
      receiver: label,
      ...counts(this.#ledger.outbox, key),
    }));
  }

  problems(): readonly { readonly code: string; readonly summary: string }[] {
    return Object.values(this.#ledger.alerts.problems).map(({ code, summary }) => ({
      code,
      summary,
    }));
  }

  wantsSecondLook(): boolean {
    return isUnsettled(this.#ledger.alerts);
  }

  async reconfigure(config: AlertingConfig): Promise<void> {
    const { receivers } = await openConfig(config, this.#options);
    const deliver = receivers.length > 0 ? this.#openWayOut(config) : undefined;
    await deliver;
    this.#config = config;
    this.#deliver = deliver;
    this.#settle(receivers);
    await this.#ledger.commit();
  }

  async close(): Promise<void> {
    if (this.#ledger.isChanged) await this.#ledger.commit();
    await this.#store.close();
  }

  #courier(key: string): Courier | undefined {
    return this.#couriers.find(({ receiver }) => receiver.key === key);
  }

  /** Gives each receiver its queue; one that is new is told what is open. */
  #settle(receivers: readonly Receiver[]): void {
    const { clock, log, random } = this.#options;
    const settled = settle(this.#ledger.outbox, receivers);
    this.#ledger.change(() => settled.outbox);
    this.#couriers = receivers.map((receiver) => {
      const known = this.#courier(receiver.key);
      if (!known) {
        // A process before this one may have sent the first of each subject.
        const tried = heads(settled.outbox, receiver.key).map(({ id }) => id);
        return new Courier(receiver, { random, tried });
      }
      known.reconfigure(receiver);
      return known;
    });
    this.#ledger.post(openEvents(this.#ledger.alerts, clock.now()), settled.added);
    for (const { type, events } of settled.dropped)
      log('warn', `alerts: a ${type} is not configured any more; ${events} of its events go`);
  }

  /** Tells of receivers that do not take what they are sent. @returns whether there is something new to send */
  async #judgeReceivers(): Promise<boolean> {
    const now = this.#options.clock.now().getTime();
    const found = receiverProblems(this.#couriers, this.#ledger.outbox, now);
    const isKnown = (code: string): boolean => this.#ledger.alerts.problems[code] !== undefined;
    const changed = receiverProblemCodes.filter(
      (code) => (found[code] !== undefined) !== isKnown(code),
    );
    for (const code of changed) {
      const summary = found[code];
      this.#ledger.observe(
        summary === undefined ? { recovered: code } : { trouble: { code, summary } },
      );
    }
    if (changed.length > 0) await this.#ledger.commit();
    return changed.length > 0;
  }

  async #openWayOut(config: AlertingConfig): Promise<Deliver> {
    const { env, platform, clock, agentVersion, host } = this.#options;
    if (this.#options.openWayOut) return this.#options.openWayOut(config);
    // Loaded when there is something to send.
    const { openWayOut } = await import('./way-out.ts');
    return openWayOut({ config, env, platform, clock, agentVersion, hostName: host.name });
  }

  #wayOut(): Promise<Deliver> {
    this.#deliver ??= this.#openWayOut(this.#config);
    return this.#deliver;
  }
}

/**
 * Opens the state folder and the receivers.
 * @throws AgentError for receivers that are not right, and `state-in-use` when another agent has the folder
 */
export const createAlerting = async (options: AlertingOptions): Promise<Alerting> => {
  const opened = await openConfig(options.config, options);
  const { checkState } = options;
  const store = await openStateStore<Saved>({
    ...savedFraming,
    ...(checkState && {
      parse: async (data: unknown) => {
        await checkState(data);
        return data as Saved;
      },
    }),
    folder: options.stateDir,
    name: 'state.json',
    empty: emptySaved,
    platform: options.platform,
    now: () => options.clock.now(),
  });
  const alerting = new StatefulAlerting(options, store, opened);
  try {
    await alerting.start();
    return alerting;
  } catch (error) {
    await store.close();
    throw error;
  }
};
