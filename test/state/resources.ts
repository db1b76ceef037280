import type { Intent, StateResource } from '../../src/state/store.ts'

/** Resources and intents for states. */

export function user(key: string, changed: Partial<StateResource> = {}): StateResource {
  return {
    kind: 'user',
    key,
    id: `user_${key}`,
    attributes: { email: 'ada@example.com', metadata: { plan: 'pro', note: 'Ünï\n"x"' } },
    digests: { passwordHash: 'abc123' },
    refs: {},
    ownership: 'created',
    run: 1,
    ...changed,
  }
}

export function intent(key: string, changed: Partial<Intent> = {}): Intent {
  return {
    kind: 'user',
    key,
    action: 'create',
    startedAt: '2026-01-02T03:04:05.000Z',
    attributes: { email: 'ada@example.com' },
    digests: {},
    refs: { user: 'u1' },
    ...changed,
  }
}
