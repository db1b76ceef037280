import { createHash, createHmac } from 'node:crypto'
import { canonicalJson } from '../json.ts'
import { desiredColumns } from '../rundb/plan-reading.ts'
import type { Plan } from './plan.ts'

/**
 * One digest (hex) over everything that applying the plan would do, secrets included: two plans with the same digest are
 * the same plan. It is keyed with the API key, which both sides hold anyway, so that nobody without it can test guesses of
 * a password against a plan file.
 */
export function digestPlan(plan: Plan, apiKey: string): string {
  const hmac = createHmac('sha256', apiKey)
  const { rundb, scope } = plan.set
  if (scope !== undefined) hmac.update(canonicalJson({ only: scope.only, limit: scope.limit }))
  for (const action of plan.actions()) {
    hmac.update(canonicalJson(action))
    const row = desiredColumns(rundb, action.kind, action.key)
    hmac.update(canonicalJson([row?.attributes ?? null, row?.secrets ?? null, row?.refs ?? null]))
  }
  return hmac.digest('hex')
}

/**
 * What the seal of a saved plan is made from: the header without the seal, and every byte behind it. It is keyed as the
 * digest is: nobody without the API key makes one that fits.
 */
export class Sealer {
  readonly #hash = createHash('sha256')
  #lines = 0

  /** @param header the text of the header, without the seal and the end of the line */
  constructor(header: string) {
    this.#hash.update(`${header}\n`)
  }

  /** Lines that were added, counted by their ends. */
  get lines(): number {
    return this.#lines
  }

  /** Adds what follows the header. */
  add(piece: string | Uint8Array): void {
    const bytes = Buffer.from(piece)
    this.#hash.update(bytes)
    for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) this.#lines += 1
  }

  seal(apiKey: string): string {
    return createHmac('sha256', apiKey)
      .update(`seal\0${this.#hash.copy().digest('hex')}`)
      .digest('hex')
  }
}
