/** The agent's own troubles, told when they come and when they go. */

import type { Alerting, Problem } from '../alerts/index.ts';

/** Troubles that the log and the metrics report of themselves. */
const isOfParts = ({ code }: Problem): boolean => /^(?:log|metrics)-/.test(code);

export class Troubles {
  readonly #alerting: Alerting;
  /** The codes of parts' troubles that are there, those of the process before this one too. */
  #ofParts: ReadonlySet<string>;

  constructor(alerting: Alerting) {
    this.#alerting = alerting;
    this.#ofParts = new Set(
      alerting
        .problems()
        .filter(isOfParts)
        .map(({ code }) => code),
    );
  }

  /** @param summary undefined: there is no such trouble */
  set(code: string, summary: string | undefined): Promise<void> {
    return summary === undefined
      ? this.#alerting.recovered(code)
      : this.#alerting.trouble(code, summary);
  }

  /** Takes what the parts report now: what they reported before and not any more has recovered. */
  async setOfParts(problems: readonly Problem[]): Promise<void> {
    const gone = [...this.#ofParts].filter((code) => !problems.some((one) => one.code === code));
    this.#ofParts = new Set(problems.map(({ code }) => code));
    for (const code of gone) await this.#alerting.recovered(code);
    for (const { code, summary } of problems) await this.#alerting.trouble(code, summary);
  }
}
