import { TargetError } from '../diagnostics/errors.ts'
import { failureCodes } from './trouble.ts'

const CLOCK = 'renew the certificate of the target, or correct the clock of this machine'
const TRUST =
  'where the certificate is that of a proxy or of a private authority whom you trust, name its file in NODE_EXTRA_CA_CERTS; else do not send a key there'
const NO_TLS =
  'check scheme and port of target.baseUrl: what answers there does not speak TLS, or another version of it'

/** https://nodejs.org/api/tls.html#x509-certificate-error-codes, and the failures of a handshake. */
const FAULTS: Readonly<Record<string, [fault: string, hint: string]>> = {
  CERT_HAS_EXPIRED: ['its certificate has expired', CLOCK],
  CERT_NOT_YET_VALID: ['its certificate is not valid yet', CLOCK],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['its certificate is signed by itself', TRUST],
  SELF_SIGNED_CERT_IN_CHAIN: ['its certificate comes from an authority that this machine does not know', TRUST],
  UNABLE_TO_GET_ISSUER_CERT: ['the authority of its certificate is missing', TRUST],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['its certificate comes from an authority that this machine does not know', TRUST],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['its certificate comes without the one that signed it', TRUST],
  CERT_SIGNATURE_FAILURE: ['the signature of its certificate is wrong', TRUST],
  CERT_UNTRUSTED: ['its certificate is not trusted', TRUST],
  CERT_REJECTED: ['its certificate is refused', TRUST],
  CERT_REVOKED: ['its certificate is revoked', TRUST],
  CERT_CHAIN_TOO_LONG: ['the chain of its certificates is too long', TRUST],
  INVALID_CA: ['its certificate is signed by one that may sign none', TRUST],
  INVALID_PURPOSE: ['its certificate is not one for servers', TRUST],
  PATH_LENGTH_EXCEEDED: ['the chain of its certificates is longer than its authority allows', TRUST],
  HOSTNAME_MISMATCH: ['its certificate is for another host', 'write target.baseUrl with a host of the certificate'],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'its certificate is for another host',
    'write target.baseUrl with a host of the certificate',
  ],
  ERR_SSL_WRONG_VERSION_NUMBER: ['it does not speak TLS', NO_TLS],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: ['it does not speak TLS', NO_TLS],
  ERR_SSL_HTTP_REQUEST: ['it does not speak TLS', NO_TLS],
  ERR_SSL_UNSUPPORTED_PROTOCOL: ['it speaks an old version of TLS alone', NO_TLS],
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: ['it refuses the version of TLS', NO_TLS],
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: ['it refuses the TLS handshake', NO_TLS],
  'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE': ['it refuses the TLS handshake', NO_TLS],
}

/**
 * @param failure why a request got no answer
 * @throws TargetError where it is TLS: trying again meets the same certificate
 */
export function checkTrust(baseUrl: string, failure: unknown): void {
  for (const code of failureCodes(failure)) {
    const known = Object.hasOwn(FAULTS, code) ? FAULTS[code] : undefined
    if (known === undefined) continue
    const [fault, hint] = known
    const message = `${baseUrl} is not trusted: ${fault} (${code})`
    throw new TargetError({ code: 'target_not_trusted', message, hint })
  }
}
