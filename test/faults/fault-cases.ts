import { allFaults, type Effect, type FaultSet, type Trigger } from '../../src/sandbox/faults/fault.ts'
import type { FaultCase } from './fault-run.ts'
import { without } from './population.ts'

const REFUSED_USER = 'user3@example.com'
const REFUSED_ORGANIZATION = 'org-1'

/** Milliseconds. Requests time out after a second. */
const TOO_SLOW = 1500

function one(effect: Effect & Trigger, rate: number): FaultSet {
  return { seed: 3, faults: [{ ...effect, rate }] }
}

/** All kinds of passing faults, together injected into this share of requests. */
export function mixed(share: number): FaultCase {
  const all = allFaults(0).faults.length
  return { name: `all mixed, ${share * 100} % together`, faults: allFaults(share / all, 5), timeout: 1 }
}

/** Requests until the key is revoked: more than planning needs, fewer than applying. */
const inMidRun = (users: number) => Math.round(users * 2.5) + 20

/** Whether the client gives up before it notices. */
function outlasts(effect: Effect): boolean {
  return effect.kind === 'silent' || ('ms' in effect && effect.ms === TOO_SLOW)
}

/**
 * Each fault alone at a rate, all of them together at that rate each, and those that last until
 * they are removed.
 */
export function faultCases(users: number, rate: number): FaultCase[] {
  const passing: [string, Effect & Trigger][] = [
    ['429 with Retry-After', { kind: 'rate-limited', retryAfter: 1 }],
    ['429 without Retry-After', { kind: 'rate-limited' }],
    ['500 before the write', { kind: 'error', when: 'before' }],
    ['500 after the write', { kind: 'error', when: 'after' }],
    ['502 HTML before the write', { kind: 'bad-gateway', when: 'before' }],
    ['502 HTML after the write', { kind: 'bad-gateway', when: 'after' }],
    ['503 with Retry-After', { kind: 'unavailable', retryAfter: 1 }],
    ['503 without Retry-After', { kind: 'unavailable' }],
    ['dropped before the write', { kind: 'dropped', when: 'before' }],
    ['dropped after the write', { kind: 'dropped', when: 'after' }],
    ['no answer, not written', { kind: 'silent', when: 'before' }],
    ['no answer, written', { kind: 'silent', when: 'after' }],
    ['latency', { kind: 'slow', ms: 100 }],
    ['written after the timeout', { kind: 'slow', ms: TOO_SLOW }],
    ['slow bodies', { kind: 'dribbled', ms: 200 }],
    ['bodies slower than the timeout', { kind: 'dribbled', ms: TOO_SLOW }],
  ]
  return [
    ...passing.map(
      ([name, effect]): FaultCase => ({ name, faults: one(effect, rate), ...(outlasts(effect) && { timeout: 1 }) }),
    ),
    { name: `all mixed, ${rate * 100} % each`, faults: allFaults(rate, 5), timeout: 1 },
    {
      name: 'one user and one organization refused',
      faults: {
        faults: [
          { kind: 'refused', user: REFUSED_USER },
          { kind: 'refused', organization: REFUSED_ORGANIZATION },
        ],
      },
      lasting: 7,
      expected: (expected) => without(expected, REFUSED_USER, REFUSED_ORGANIZATION),
    },
    {
      name: 'credentials revoked in mid-run',
      faults: { faults: [{ kind: 'revoked', after: inMidRun(users) }] },
      lasting: 4,
    },
  ]
}
