import { CredentialsError, SourceError } from '../../../diagnostics/errors.ts'
import { isObject } from '../../../json.ts'

/** An error response of an AWS service. */
export interface Fault {
  /** `TooManyRequestsException`. */
  name: string
  /** Can quote the signed request: see `refusedCredentials`. */
  message: string
  /** HTTP status. */
  status: number | undefined
  /** Whether the SDK has corrected its clock. */
  clockCorrected: boolean
}

/** The error response in a thrown error; undefined if there was no readable response. */
export function faultOf(error: unknown): Fault | undefined {
  if (!(error instanceof Error) || !('$fault' in error)) return undefined
  const { name, message } = error
  return { name, message, status: statusOf(error), clockCorrected: metadataOf(error).clockSkewCorrected === true }
}

/** The status of a response, also if its body is unreadable. */
export function statusOf(error: unknown): number | undefined {
  const { httpStatusCode: status } = metadataOf(error)
  return typeof status === 'number' ? status : undefined
}

function metadataOf(error: unknown): Record<string, unknown> {
  const metadata: unknown = error instanceof Error && '$metadata' in error ? error.$metadata : undefined
  return isObject(metadata) ? metadata : {}
}

/** https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/CommonErrors.html */
const THROTTLED = new Set(['TooManyRequestsException', 'ThrottlingException', 'Throttling', 'RequestLimitExceeded'])
const EXPIRED = new Set(['ExpiredTokenException', 'ExpiredToken', 'TokenRefreshRequired', 'RequestExpired'])
const UNKNOWN = new Set([
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'OptInRequired',
])
const FORBIDDEN = new Set(['AccessDeniedException', 'AccessDenied', 'NotAuthorizedException'])
/** Errors of the SDK if it finds no credentials. */
const NONE_FOUND = new Set(['CredentialsProviderError', 'TokenProviderError', 'ProviderError'])

export const isThrottled = ({ name, status }: Fault) => THROTTLED.has(name) || status === 429
/** Whether new credentials can help: these have expired or are unknown. */
export const isOfCredentials = ({ name }: Fault) => EXPIRED.has(name) || UNKNOWN.has(name)
export const isForbidden = ({ name, status }: Fault) => FORBIDDEN.has(name) || (status === 403 && !UNKNOWN.has(name))
export const isPassingFault = ({ name, status = 0 }: Fault) =>
  status >= 500 || status === 408 || name === 'InternalErrorException'
/** Cognito reports an expired or foreign paging token as an invalid parameter. */
export const isOfParameter = ({ name }: Fault) => name === 'InvalidParameterException'

/** Does not show Cognito's message: it can quote the signed request with a session token. */
export function refusedCredentials({ name }: Fault, pool: string, areNamed: boolean): CredentialsError {
  const expired = EXPIRED.has(name)
  const renew = areNamed
    ? 'set new values in the variables of accessKeyId, secretAccessKey and sessionToken'
    : 'renew the credentials of the AWS SDK (aws sso login, AWS_PROFILE, AWS_ACCESS_KEY_ID …); aws sts get-caller-identity shows their identity'
  return new CredentialsError({
    code: expired ? 'credentials_expired' : 'credentials_refused',
    message: `${pool} rejected the AWS credentials: ${expired ? 'they have expired' : 'they are wrong or unknown'} (${name})`,
    hint: `${renew}; then run the same command again: it continues where it stopped`,
    path: areNamed ? 'source.accessKeyId' : 'source',
  })
}

export function forbidden(operation: string, pool: string, { name }: Fault): CredentialsError {
  return new CredentialsError({
    code: 'missing_permission',
    message: `these AWS credentials cannot use ${operation} on ${pool} (${name})`,
    hint: `allow cognito-idp:${operation} on the user pool in a policy of the user or role: docs/how-to/sources/cognito.md has the whole policy`,
    path: 'source',
  })
}

/**
 * The SDK found no credentials, or single sign-on or a role did not issue any.
 * @param fault the error response of the service that should have issued them
 * @param redact removes secrets from the message
 */
export function noCredentials(
  error: unknown,
  fault: Fault | undefined,
  { profile, redact }: { profile: string | undefined; redact(text: string): string },
): CredentialsError | undefined {
  if (!(error instanceof Error)) return undefined
  const isRefused = fault !== undefined && !isPassingFault(fault) && !isThrottled(fault)
  if (!isRefused && !NONE_FOUND.has(error.name)) return undefined
  // A message about a signature can quote the signed request.
  const message = UNKNOWN.has(error.name) ? '' : error.message.replace(/\s*\n\s*/g, ' ').trim()
  const said = redact([...(isRefused ? [error.name] : []), message].filter((part) => part !== '').join(': '))
  return new CredentialsError(
    {
      code: 'no_credentials',
      message: `the AWS SDK found no credentials${profile === undefined ? '' : ` in the profile ${profile}`}: ${said.replace(/\.$/, '')}`,
      hint: 'set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; or set profile, or accessKeyId and secretAccessKey, under source',
      path: 'source',
    },
    { cause: error },
  )
}

export function noSuchPool(id: string, region: string): SourceError {
  return new SourceError({
    code: 'no_such_user_pool',
    message: `the account of these AWS credentials has no user pool ${id} in ${region}`,
    hint: 'check the ID under source.userPools, and the account of the credentials: aws sts get-caller-identity',
    path: 'source.userPools',
  })
}

/** An error response that a repetition does not change. */
export class Refused extends SourceError {
  readonly fault: Fault

  constructor(operation: string, pool: string, fault: Fault, redact: (text: string) => string) {
    const { name, message, status } = fault
    super({
      code: 'source_refused',
      message: `${pool} rejected ${operation}${status === undefined ? '' : ` with HTTP ${status}`}: ${redact(`${name}: ${message}`)}`,
      hint: 'run the same command again later: it keeps what it has read',
    })
    this.fault = fault
  }
}

/** Whether the requested object does not exist. */
export function isGone(error: unknown): error is Refused {
  const names = ['ResourceNotFoundException', 'UserNotFoundException']
  return error instanceof Refused && names.includes(error.fault.name)
}
