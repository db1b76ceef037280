import { isObject } from '../json.ts'
import type { Format } from './password-format.ts'

/** Keycloak keeps credentials as a list whose members are JSON text. */
export function keycloakPasswords(record: Record<string, unknown>): Format[] {
  return credentialsOf(record, 'password').flatMap(({ credentialData }): Format[] => {
    const data = parsed(credentialData)
    const algorithm = typeof data.algorithm === 'string' ? data.algorithm : 'unknown'
    if (!/^[a-z0-9-]{1,24}$/i.test(algorithm)) return []
    const rounds = Number(data.hashIterations)
    const format = algorithm.startsWith('pbkdf2') && Number.isInteger(rounds) ? `${algorithm} ${rounds}` : algorithm
    const fits =
      algorithm === 'argon2' ||
      (algorithm === 'pbkdf2-sha512' && rounds >= 210_000 && rounds <= 1_000_000) ||
      (algorithm === 'pbkdf2-sha256' && rounds >= 600_000 && rounds <= 1_000_000)
    if (fits) return [{ format, fate: 'convertible', detail: 'by the recipe keycloak' }]
    return [{ format, fate: 'reset', detail: 'WorkOS does not take it with these parameters' }]
  })
}

/** Whether there is a second factor of numbers that change. */
export function keycloakTotp(record: Record<string, unknown>): boolean {
  return credentialsOf(record, 'otp').length > 0 || credentialsOf(record, 'totp').length > 0
}

function credentialsOf(record: Record<string, unknown>, type: string): Record<string, unknown>[] {
  const { credentials } = record
  return Array.isArray(credentials) ? credentials.filter((item) => isObject(item) && item.type === type) : []
}

function parsed(value: unknown): Record<string, unknown> {
  try {
    const data: unknown = typeof value === 'string' ? JSON.parse(value) : value
    return isObject(data) ? data : {}
  } catch {
    return {}
  }
}
