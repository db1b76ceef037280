import { isObject } from '../../../src/json.ts'
import { CLIENT_ID, CLIENT_SECRET, type FakeAuth0 } from './fake-auth0.ts'

export interface Reply {
  status: number
  headers: Headers
  /** Parsed JSON. */
  body: unknown
}

/** A plain client, for tests of the fake itself. */
export async function signIn(fake: FakeAuth0): Promise<(path: string, body?: object) => Promise<Reply>> {
  const { body } = await askToken(fake)
  const token = isObject(body) ? body.access_token : undefined
  return async (path, sent) => {
    const response = await fetch(`${fake.url}/api/v2${path}`, {
      method: sent === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: sent === undefined ? null : JSON.stringify(sent),
    })
    return { status: response.status, headers: response.headers, body: await response.json() }
  }
}

export async function askToken(fake: FakeAuth0, change: Record<string, string> = {}): Promise<Reply> {
  const request = {
    grant_type: 'client_credentials',
    client_id: CLIENT_ID,
    client_secret: CLIENT_SECRET,
    audience: `${fake.url}/api/v2/`,
    ...change,
  }
  const response = await fetch(`${fake.url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}
