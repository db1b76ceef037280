import { createHmac } from 'node:crypto'
import { canonicalJson } from '../json.ts'
import type { Plan } from './plan.ts'

/**
 * One digest (hex) over everything that applying the plan would do, secrets included: two plans with the same digest are
 * the same plan. It is keyed with the API key, which both sides hold anyway, so that nobody without it can test guesses of
 * a password against a plan file.
 */
export function digestPlan(plan: Plan, apiKey: string): string {
  const hmac = createHmac('sha256', apiKey)
  const { staging } = plan.set
  for (const action of plan.actions()) {
    hmac.update(canonicalJson(action))
    const row = staging
      .statement('SELECT attributes, secrets, refs FROM desired WHERE kind = ? AND key = ?')
      .get(action.kind, action.key)
    hmac.update(canonicalJson([row?.attributes ?? null, row?.secrets ?? null, row?.refs ?? null]))
  }
  return hmac.digest('hex')
}
