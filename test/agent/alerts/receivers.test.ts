/** What each kind of receiver is sent. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { it, suite } from 'node:test';
import type { AlertEvent, GapEvent, Notice, TestEvent } from '../../../agent/alerts/event.ts';
import { alertmanager } from '../../../agent/alerts/receivers/alertmanager.ts';
import { openReceivers } from '../../../agent/alerts/receivers/index.ts';
import { dedupKey, pagerduty } from '../../../agent/alerts/receivers/pagerduty.ts';
import type { Format } from '../../../agent/alerts/receivers/receiver.ts';
import { slack } from '../../../agent/alerts/receivers/slack.ts';
import { teams } from '../../../agent/alerts/receivers/teams.ts';
import { webhook, webhookSignature } from '../../../agent/alerts/receivers/webhook.ts';
import type { AlertReceiver } from '../../../agent/config/config.ts';
import { type GapSpec, gapOf, host } from './looks-of.ts';

const from = { host, agent: { name: 'certready', version: '0.1.0' } } as const;
const at = '2026-11-23T21:00:00.000Z';
const since = '2026-11-23T20:00:00.000Z';
const sentAt = new Date('2026-11-23T22:00:00.500Z');

const gapEvent = (
  type: GapEvent['type'],
  { gap = {}, ...more }: { gap?: Partial<GapSpec> } & Partial<Omit<GapEvent, 'gap' | 'type'>> = {},
): GapEvent => ({
  type,
  at,
  profile: 'p1',
  since,
  ...more,
  gap: gapOf({ code: 'connect-timeout', checks: ['endpoint:crl.example.org:80'], ...gap }),
});

const trouble: AlertEvent = {
  type: 'agent.trouble',
  at,
  problem: { code: 'state-unwritable', summary: 'no space' },
  since,
};
const test: TestEvent = { type: 'test', at };

const notice = (event: AlertEvent | TestEvent, more: Partial<Notice> = {}): Notice => ({
  id: 'msg_1',
  event,
  from,
  ...more,
});

/** The request for an event, its body parsed. */
const asked = (
  format: Format,
  one: Notice,
  { url = 'https://hooks.example.org/a/b', secrets = [] as readonly string[] } = {},
): { url: string; headers: Readonly<Record<string, string>>; body: never } => {
  const request = format.request(one, { url, secrets, sentAt });
  return { ...request, body: JSON.parse(request.body) as never };
};

suite('a generic webhook', () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

  it("is signed as the specification's example is", () => {
    const signed = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1614265330 };
    assert.equal(
      webhookSignature([secret], { ...signed, body: '{"test": 2432232314}' }),
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  it('is signed as openssl signs', () => {
    const request = webhook.request(notice(gapEvent('gap.opened')), {
      url: 'https://hooks.example.org/',
      secrets: [secret],
      sentAt,
    });
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64').toString('hex');
    const { stdout } = spawnSync(
      'openssl',
      ['dgst', '-sha256', '-mac', 'HMAC', '-macopt', `hexkey:${key}`, '-binary'],
      { input: `msg_1.1795471200.${request.body}` },
    );
    assert.equal(request.headers['webhook-signature'], `v1,${stdout.toString('base64')}`);
  });

  it('is signed with each secret during rotation, and with none where there is none', () => {
    const other = `whsec_${Buffer.from('another key, of some length').toString('base64')}`;
    const one = notice(test);
    const both = asked(webhook, one, { secrets: [secret, other] }).headers['webhook-signature'];
    const [first, second, ...rest] = (both ?? '').split(' ');
    assert.equal(rest.length, 0);
    assert.equal(first, asked(webhook, one, { secrets: [secret] }).headers['webhook-signature']);
    assert.equal(second, asked(webhook, one, { secrets: [other] }).headers['webhook-signature']);
    assert.equal(asked(webhook, one).headers['webhook-signature'], undefined);
  });

  it('has the same id and body at every try, and the time of the try', () => {
    const one = notice(gapEvent('gap.opened'));
    const later = webhook.request(one, {
      url: 'https://hooks.example.org/',
      secrets: [],
      sentAt: new Date(sentAt.getTime() + 3_600_000),
    });
    const first = webhook.request(one, { url: 'https://hooks.example.org/', secrets: [], sentAt });
    assert.equal(later.body, first.body);
    assert.equal(later.headers['webhook-id'], 'msg_1');
    assert.equal(first.headers['webhook-timestamp'], '1795471200');
    assert.equal(later.headers['webhook-timestamp'], '1795474800');
  });

  it("carries the contract's body", () => {
    const event = gapEvent('gap.opened');
    assert.deepEqual(asked(webhook, notice(event)).body, {
      type: 'gap.opened',
      timestamp: at,
      data: { ...from, profile: 'p1', gap: event.gap, since },
    });
    assert.deepEqual(asked(webhook, notice(trouble)).body, {
      type: 'agent.trouble',
      timestamp: at,
      data: { ...from, problem: { code: 'state-unwritable', summary: 'no space' }, since },
    });
    assert.deepEqual(asked(webhook, notice(test)).body, {
      type: 'test',
      timestamp: at,
      data: from,
    });
  });

  it('says what it stands for, how a gap ended and what it was before', () => {
    const merged = { events: 3, since };
    const previous = { severity: 'warning', owner: 'network' } as const;
    const event = gapEvent('gap.resolved', {
      resolution: 'seen',
      previous,
      profiles: ['p1', 'p2'],
    });
    const { data } = asked(webhook, notice(event, { merged })).body as { data: object };
    assert.deepEqual(data, {
      ...from,
      profile: 'p1',
      profiles: ['p1', 'p2'],
      gap: event.gap,
      since,
      resolution: 'seen',
      previous,
      merged,
    });
  });
});

interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
}

suite('Alertmanager', () => {
  const alerts = (one: Notice): readonly Alert[] => asked(alertmanager, one).body;

  it('is asked at its own path, wherever the URL ends', () => {
    const urls = [
      ['http://am:9093', 'http://am:9093/api/v2/alerts'],
      ['http://am:9093/', 'http://am:9093/api/v2/alerts'],
      ['https://mon.example.org/am/', 'https://mon.example.org/am/api/v2/alerts'],
      ['http://am:9093/api/v2/alerts', 'http://am:9093/api/v2/alerts'],
    ] as const;
    for (const [url, expected] of urls)
      assert.equal(asked(alertmanager, notice(test), { url }).url, expected);
  });

  it('is sent a bearer token where there is a secret', () => {
    const { headers } = asked(alertmanager, notice(test), { secrets: ['t0ken'] });
    assert.equal(headers['authorization'], 'Bearer t0ken');
  });

  it('knows a gap by the same labels from its beginning to its end', () => {
    const types = ['gap.opened', 'gap.changed', 'gap.reminder', 'gap.resolved'] as const;
    const labels = types.map((type, number) => {
      const gap = { summary: `other words ${number}`, evidence: { ms: number } };
      return alerts(notice(gapEvent(type, { gap })))[0]?.labels;
    });
    assert.deepEqual(new Set(labels.map((one) => JSON.stringify(one))).size, 1);
    assert.deepEqual(labels[0], {
      alertname: 'CertreadyGap',
      host: 'mx1.example.org',
      code: 'connect-timeout',
      category: 'firewall',
      target: 'crl.example.org:80',
      owner: 'network',
      severity: 'critical',
    });
  });

  it('holds a gap for an hour more at every post, and ends it when it is over', () => {
    const [opened] = alerts(notice(gapEvent('gap.opened')));
    assert.equal(opened?.startsAt, since);
    assert.equal(opened.endsAt, '2026-11-23T23:00:00.500Z');
    const [resolved] = alerts(notice(gapEvent('gap.resolved')));
    assert.equal(resolved?.endsAt, '2026-11-23T20:55:00.000Z');
  });

  it('is told that the alert with the old severity is over', () => {
    const previous = { severity: 'warning', owner: 'network' } as const;
    const [before, now] = alerts(notice(gapEvent('gap.changed', { previous })));
    assert.equal(before?.labels['severity'], 'warning');
    assert.equal(before.endsAt, '2026-11-23T20:55:00.000Z');
    assert.equal(now?.labels['severity'], 'critical');
    assert.ok(now.endsAt > before.endsAt);
  });

  it('is never sent an alert that ends before it starts', () => {
    const [alert] = alerts(notice(gapEvent('gap.resolved', { since: '2031-01-01T00:00:00.000Z' })));
    assert.ok(alert && alert.startsAt <= alert.endsAt);
  });
});

const hostile = {
  target: 'http://crl.example.org/a.crl',
  summary: 'A page came: <http://evil.example|click> [here](http://evil.example) *now* & \u202etxt',
  commands: ['curl -v "http://crl.example.org/a.crl" # `x`'],
} as const;

/** Every text of a body, wherever it stands. */
const texts = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
};

suite('Slack', () => {
  it('shows what came from outside as plain text', () => {
    const { body } = asked(slack, notice(gapEvent('gap.opened', { gap: hostile })));
    const { text, blocks } = body as {
      text: string;
      blocks: { type: string; text?: { type: string } }[];
    };
    assert.ok(!/[<>]/.test(text));
    assert.ok(
      blocks.every((block) => block.text === undefined || block.text.type === 'plain_text'),
    );
    assert.ok(!texts(body).some((one) => one.includes('‮')));
  });

  it("keeps to Slack's limits", () => {
    const gap = {
      summary: 'x'.repeat(50_000),
      remedy: 'y'.repeat(50_000),
      commands: Array.from({ length: 100 }, () => 'z'.repeat(1000)),
    };
    const { body } = asked(slack, notice(gapEvent('gap.opened', { gap })));
    assert.ok(texts(body).every((one) => one.length <= 3000));
  });

  it('has a heading by severity, and a good one at the end', () => {
    const heading = (event: AlertEvent): string | undefined =>
      texts(asked(slack, notice(event)).body)[0]?.slice(0, 2);
    assert.notEqual(heading(gapEvent('gap.opened')), heading(gapEvent('gap.resolved')));
    assert.notEqual(
      heading(gapEvent('gap.opened')),
      heading(gapEvent('gap.opened', { gap: { severity: 'warning' } })),
    );
  });
});

suite('Teams', () => {
  interface Message {
    readonly type: string;
    readonly attachments: readonly {
      readonly contentType: string;
      readonly content: { readonly type: string; readonly body: readonly { text?: string }[] };
    }[];
  }

  it('is sent a message with one adaptive card', () => {
    const message: Message = asked(teams, notice(gapEvent('gap.opened'))).body;
    assert.equal(message.type, 'message');
    const [attachment, ...others] = message.attachments;
    assert.equal(others.length, 0);
    assert.equal(attachment?.contentType, 'application/vnd.microsoft.card.adaptive');
    assert.equal(attachment.content.type, 'AdaptiveCard');
  });

  it('gets no links from outside', () => {
    const message: Message = asked(teams, notice(gapEvent('gap.opened', { gap: hostile }))).body;
    const blocks = message.attachments[0]?.content.body ?? [];
    assert.ok(blocks.every(({ text = '' }) => !/(?<!\\)\]\(/.test(text)));
  });

  it("keeps to Teams' 28 KB", () => {
    const gap = {
      summary: 'x'.repeat(50_000),
      remedy: 'y'.repeat(50_000),
      target: 'z'.repeat(5000),
      commands: Array.from({ length: 100 }, () => 'z'.repeat(1000)),
    };
    const { body } = teams.request(notice(gapEvent('gap.opened', { gap })), {
      url: 'https://hooks.example.org/',
      secrets: [],
      sentAt,
    });
    assert.ok(Buffer.byteLength(body) < 28 * 1024, String(Buffer.byteLength(body)));
  });
});

suite('PagerDuty', () => {
  interface Event {
    readonly routing_key: string;
    readonly event_action: string;
    readonly dedup_key: string;
    readonly payload?: {
      readonly severity: string;
      readonly summary: string;
      readonly source: string;
    };
  }
  const event = (one: AlertEvent | TestEvent): Event =>
    asked(pagerduty, notice(one), { secrets: ['R0UT1NG'] }).body;

  it('triggers, and resolves by the same key', () => {
    const opened = event(gapEvent('gap.opened'));
    const resolved = event(gapEvent('gap.resolved'));
    assert.equal(opened.event_action, 'trigger');
    assert.equal(resolved.event_action, 'resolve');
    assert.equal(opened.dedup_key, resolved.dedup_key);
    assert.equal(opened.routing_key, 'R0UT1NG');
    assert.equal(opened.payload?.severity, 'critical');
    assert.equal(opened.payload.source, 'mx1.example.org');
    assert.equal(event(trouble).payload?.severity, 'error');
    assert.equal(event(test).payload?.severity, 'info');
  });

  it('has keys of at most 255 characters, different for different gaps', () => {
    const keys = ['a', 'b'].map((end) =>
      dedupKey(notice(gapEvent('gap.opened', { gap: { target: `${'x'.repeat(400)}${end}` } }))),
    );
    assert.ok(keys.every((key) => key.length <= 255));
    assert.equal(new Set(keys).size, 2);
  });
});

suite('a receiver that is not right', () => {
  const cases: readonly (readonly [what: string, AlertReceiver, code: string, key: RegExp])[] = [
    [
      'a webhook secret of another form',
      { type: 'webhook', url: 'https://h.example/', secret: 'hunter2hunter2' },
      'config-invalid',
      /alerts\[0\]\.secret/,
    ],
    [
      'an empty webhook secret',
      { type: 'webhook', url: 'https://h.example/', secret: ['whsec_'] },
      'config-invalid',
      /alerts\[0\]\.secret/,
    ],
    [
      'no routing key',
      { type: 'pagerduty', url: 'https://h.example/' },
      'config-invalid',
      /secret/,
    ],
    [
      'a secret for Slack',
      { type: 'slack', url: 'https://h.example/', secret: 'hunter2hunter2' },
      'config-invalid',
      /secret/,
    ],
    ['a missing variable', { type: 'slack', url: 'env:NO_SUCH' }, 'secret-missing', /NO_SUCH/],
    [
      'a variable that is no URL',
      { type: 'slack', url: 'env:WORD' },
      'config-invalid',
      /alerts\[0\]\.url/,
    ],
    ['a missing file', { type: 'slack', url: 'file:/nowhere/at/all' }, 'file-missing', /nowhere/],
  ];
  for (const [what, receiver, code, key] of cases)
    it(`${what} is said, without the secret`, async () => {
      await assert.rejects(openReceivers([receiver], { WORD: 'hunter2' }), (error: Error) => {
        assert.equal((error as Error & { code: string }).code, code);
        assert.match(error.message, key);
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      });
    });

  it('receivers are named by type and position, and known again by their URL', async () => {
    const alerts: readonly AlertReceiver[] = [
      { type: 'slack', url: 'https://h.example/T0K3N' },
      { type: 'webhook', url: 'env:HOOK' },
      { type: 'slack', url: 'https://h.example/T0K3N' },
    ];
    const env = { HOOK: 'https://user:pass@other.example:8443/T0K3N?t=1' };
    const receivers = await openReceivers(alerts, env);
    assert.deepEqual(
      receivers.map(({ label, place }) => `${label} ${place}`),
      [
        'slack-1 https://h.example/…',
        'webhook-2 https://other.example:8443/…',
        'slack-3 https://h.example/…',
      ],
    );
    assert.equal(new Set(receivers.map(({ key }) => key)).size, 3);
    const again = await openReceivers(alerts, { HOOK: 'https://moved.example/' });
    assert.deepEqual(
      again.map(({ key }) => key),
      receivers.map(({ key }) => key),
    );
    assert.ok(receivers.every(({ key }) => !key.includes('T0K3N')));
  });
});
