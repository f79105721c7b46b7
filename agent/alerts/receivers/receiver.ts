/** What every kind of receiver is made of. */

import type { AlertReceiver } from '../../config/config.ts';
import type { AlertRequest } from '../delivery.ts';
import type { Notice, TestEvent } from '../event.ts';

/** A receiver's URL and secrets, read just now from wherever the configuration keeps them. */
export interface Credentials {
  readonly url: string;
  readonly secrets: readonly string[];
}

/** Turns events into requests. Pure, so that a retry is the same request but for its time and signature. */
export interface Format {
  /** Checks what the configuration gives it. @throws an Error of one line that repeats no secret */
  check(credentials: Credentials): void;
  request(notice: Notice, options: Credentials & { readonly sentAt: Date }): AlertRequest;
  /** Closes what a test has opened, where the receiver would keep it open. */
  testEnd?(notice: Notice<TestEvent>, credentials: Credentials): AlertRequest;
  /** Receivers that forget an alert unless it is sent again and again. */
  readonly refresh?: {
    readonly everyMs: number;
    request(
      notices: readonly Notice[],
      options: Credentials & { readonly sentAt: Date },
    ): AlertRequest;
  };
}

export type ReceiverType = AlertReceiver['type'];

/** For formats whose URL is their secret. */
export const noSecret = ({ secrets }: Credentials): void => {
  if (secrets.length > 0) throw new Error('secret: not used by this type, whose URL is the secret');
};
