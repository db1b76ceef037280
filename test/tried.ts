/**
 * What was tried with each origin. A test of odd input has a title `tried(…)`. `npm run docs` makes
 * the table in docs/how-to/sources/README.md from these titles, and a test compares both.
 */

/** The origins of inputs. Add new ones here. */
export const ORIGINS = [
  'Auth0',
  'Auth.js',
  'Better Auth',
  'Clerk',
  'Cognito',
  'Descope',
  'Firebase',
  'Keycloak',
  'Okta',
  'Stytch',
  'Supabase',
  'Frameworks (Django, Laravel, ASP.NET, WordPress …)',
  'Tools for migrating to WorkOS',
  'CSV of any kind',
  'JSON and NDJSON of any kind',
] as const

/**
 * The title of a test. All three arguments must be literals.
 * @param format the file or the interface with its version, such as `dashboard CSV` or `users.json
 *   of auth:export`
 * @param input what is odd about the input, and the result
 */
export function tried(origin: (typeof ORIGINS)[number], format: string, input: string): string {
  return `${origin}, ${format}: ${input}`
}
