import { CredentialsError, SourceError } from '../../../diagnostics/errors.ts'
import { isObject } from '../../../json.ts'

/** A request as a service of AWS refused it. */
export interface Fault {
  /** `TooManyRequestsException`. */
  name: string
  /** It may quote what was signed: see `refusedCredentials`. */
  message: string
  /** HTTP status. */
  status: number | undefined
  /** The SDK found its clock to be wrong, and has corrected it. */
  clockCorrected: boolean
}

/**
 * What a service of AWS answered, if it is that which was thrown. Else no answer came, or none that
 * can be read.
 */
export function faultOf(error: unknown): Fault | undefined {
  if (!(error instanceof Error) || !('$fault' in error)) return undefined
  const { name, message } = error
  return { name, message, status: statusOf(error), clockCorrected: metadataOf(error).clockSkewCorrected === true }
}

/** The status of an answer of which nothing else can be read. */
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
/** What the SDK throws where it finds no credentials. */
const NONE_FOUND = new Set(['CredentialsProviderError', 'TokenProviderError', 'ProviderError'])

export const isThrottled = ({ name, status }: Fault) => THROTTLED.has(name) || status === 429
/** Whether other credentials may be taken: they have expired, or are known no more. */
export const isOfCredentials = ({ name }: Fault) => EXPIRED.has(name) || UNKNOWN.has(name)
export const isForbidden = ({ name, status }: Fault) => FORBIDDEN.has(name) || (status === 403 && !UNKNOWN.has(name))
export const isPassingFault = ({ name, status = 0 }: Fault) =>
  status >= 500 || status === 408 || name === 'InternalErrorException'
/** Cognito calls a paging token that has expired, or is of another list, a wrong parameter. */
export const isOfParameter = ({ name }: Fault) => name === 'InvalidParameterException'

/**
 * Credentials that Cognito refuses. Its message is not shown: it may quote what was signed, and a
 * session token is a part of that.
 */
export function refusedCredentials({ name }: Fault, pool: string, areNamed: boolean): CredentialsError {
  const expired = EXPIRED.has(name)
  const renew = areNamed
    ? 'set the variables of accessKeyId, secretAccessKey and sessionToken anew'
    : 'renew what the AWS SDK finds (aws sso login, AWS_PROFILE, AWS_ACCESS_KEY_ID …); aws sts get-caller-identity shows whose they are'
  return new CredentialsError({
    code: expired ? 'credentials_expired' : 'credentials_refused',
    message: `${pool} refuses the AWS credentials: ${expired ? 'they have expired' : 'they are wrong, or unknown there'} (${name})`,
    hint: `${renew}. The same command goes on where it stopped`,
    path: areNamed ? 'source.accessKeyId' : 'source',
  })
}

/** Credentials that may not do something. */
export function forbidden(operation: string, pool: string, { name }: Fault): CredentialsError {
  return new CredentialsError({
    code: 'missing_permission',
    message: `${pool} does not let these AWS credentials use ${operation} (${name})`,
    hint: `allow cognito-idp:${operation} on the user pool in a policy of the user or role: docs/how-to/sources/cognito.md has the whole policy`,
    path: 'source',
  })
}

/**
 * The search for credentials failed: the SDK found none, or single sign-on or a role gave none.
 * @param fault what they answered, if they did
 * @param profile that was named for it
 * @param redact keeps secrets out of what is said
 */
export function noCredentials(
  error: unknown,
  fault: Fault | undefined,
  { profile, redact }: { profile: string | undefined; redact(text: string): string },
): CredentialsError | undefined {
  if (!(error instanceof Error)) return undefined
  const isRefused = fault !== undefined && !isPassingFault(fault) && !isThrottled(fault)
  if (!isRefused && !NONE_FOUND.has(error.name)) return undefined
  // What is said of a signature may quote what was signed.
  const message = UNKNOWN.has(error.name) ? '' : error.message.replace(/\s*\n\s*/g, ' ').trim()
  const said = redact([...(isRefused ? [error.name] : []), message].filter((part) => part !== '').join(': '))
  return new CredentialsError(
    {
      code: 'no_credentials',
      message: `the AWS SDK finds no credentials${profile === undefined ? '' : ` in the profile ${profile}`}: ${said.replace(/\.$/, '')}`,
      hint: 'set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; or name a profile, or accessKeyId and secretAccessKey, under source',
      path: 'source',
    },
    { cause: error },
  )
}

export function noSuchPool(id: string, region: string): SourceError {
  return new SourceError({
    code: 'no_such_user_pool',
    message: `there is no user pool ${id} in ${region} for the account of these AWS credentials`,
    hint: 'check the id under source.userPools, and whose credentials are used: aws sts get-caller-identity',
    path: 'source.userPools',
  })
}

/** A refusal that repeating will not change. */
export class Refused extends SourceError {
  readonly fault: Fault

  constructor(operation: string, pool: string, fault: Fault, redact: (text: string) => string) {
    const { name, message, status } = fault
    super({
      code: 'source_refused',
      message: `${operation} of ${pool} was refused${status === undefined ? '' : ` with HTTP ${status}`}: ${redact(`${name}: ${message}`)}`,
      hint: 'run the same command again later: what was read is kept',
    })
    this.fault = fault
  }
}

/** Whether what was asked for is not there. */
export function isGone(error: unknown): error is Refused {
  const names = ['ResourceNotFoundException', 'UserNotFoundException']
  return error instanceof Refused && names.includes(error.fault.name)
}
