import { createHash, createHmac } from 'node:crypto'
import type { Call } from '../http/exchange.ts'
import { fault } from './faults.ts'

/** AWS credentials that the fake has issued. */
export interface IssuedCredentials {
  accessKeyId: string
  secretAccessKey: string
  /** Only for temporary credentials. */
  sessionToken?: string
  /** Milliseconds since the epoch. */
  expiresAt?: number
}

/** Most difference of a client's clock, milliseconds. */
const SKEW = 5 * 60_000

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/cognito-idp\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/

/**
 * Checks that a request is signed with valid credentials. Returns the region in the signature.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function verifySignature(call: Call, issued: readonly IssuedCredentials[], now: number): string {
  const { authorization = '', 'x-amz-date': stamp = '', 'x-amz-security-token': token } = call.headers
  if (authorization === '') fault('MissingAuthenticationTokenException', 'Missing Authentication Token')
  const [, keyId, day, region, signed = '', signature] = AUTHORIZATION.exec(authorization) ?? []
  if (keyId === undefined) fault('IncompleteSignatureException', 'Authorization header is not one of SigV4')
  const known = issued.find(({ accessKeyId }) => accessKeyId === keyId)
  if (known === undefined || known.sessionToken !== token) {
    fault('UnrecognizedClientException', 'The security token included in the request is invalid.')
  }
  // Behind a proxy, the signed host is the requested one.
  const headers = { ...call.headers, host: call.headers['x-forwarded-host'] ?? call.headers.host }
  const signedValue = (name: string) => Object.entries(headers).find(([known]) => known === name)?.[1] ?? ''
  const canonical = [
    call.method,
    '/',
    '',
    ...signed.split(';').map((name) => `${name}:${String(signedValue(name)).trim()}`),
    '',
    signed,
    sha256(call.text),
  ].join('\n')
  const scope = `${day}/${region}/cognito-idp/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', stamp, scope, sha256(canonical)].join('\n')
  const key = [day ?? '', region ?? '', 'cognito-idp', 'aws4_request'].reduce<Buffer | string>(
    (secret, part) => hmac(secret, part),
    `AWS4${known.secretAccessKey}`,
  )
  if (hmac(key, toSign).toString('hex') !== signature || !signed.split(';').includes('host')) {
    // The real message quotes the signed request, including session tokens.
    fault(
      'InvalidSignatureException',
      `The request signature we calculated does not match the signature you provided. The Canonical String for this request should have been\n'${canonical}'`,
    )
  }
  const at = Date.parse(String(stamp).replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (Math.abs(at - now) > SKEW) fault('InvalidSignatureException', 'Signature expired: it is too old or too new')
  if (known.expiresAt !== undefined && now >= known.expiresAt) {
    fault('ExpiredTokenException', 'The security token included in the request is expired')
  }
  return region ?? ''
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
