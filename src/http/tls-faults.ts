import { codeOf, NetworkError } from '../diagnostics/errors.ts'
import { causesOf } from './describe-failure.ts'

const CLOCK = 'check the address, and the clock of this machine; else its certificate needs to be renewed'
const HOST = 'check the address: it has to be one of those in the certificate'
const TRUST =
  'if a proxy or firewall of yours opens TLS, set NODE_EXTRA_CA_CERTS to the file of its CA certificate (PEM), and run the same command again; if not, somebody else may be answering'
const NO_TLS = 'check scheme and port of the address: what answers there speaks no TLS, or another version of it'

/** https://nodejs.org/api/tls.html#x509-certificate-error-codes, and the failures of a handshake. */
const FAULTS: Readonly<Record<string, [code: string, fault: string, hint: string]>> = {
  CERT_HAS_EXPIRED: ['unfit_certificate', 'its certificate has expired', CLOCK],
  CERT_NOT_YET_VALID: ['unfit_certificate', 'its certificate is not valid yet', CLOCK],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['untrusted_certificate', 'its certificate is signed by itself', TRUST],
  SELF_SIGNED_CERT_IN_CHAIN: [
    'untrusted_certificate',
    'its certificate comes from an authority that this machine does not know',
    TRUST,
  ],
  UNABLE_TO_GET_ISSUER_CERT: ['untrusted_certificate', 'the authority of its certificate is missing', TRUST],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'untrusted_certificate',
    'its certificate comes from an authority that this machine does not know',
    TRUST,
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'untrusted_certificate',
    'its certificate comes without the one that signed it',
    TRUST,
  ],
  CERT_SIGNATURE_FAILURE: ['untrusted_certificate', 'the signature of its certificate is wrong', TRUST],
  CERT_UNTRUSTED: ['untrusted_certificate', 'its certificate is not trusted', TRUST],
  CERT_REJECTED: ['untrusted_certificate', 'its certificate is refused', TRUST],
  CERT_REVOKED: ['untrusted_certificate', 'its certificate is revoked', TRUST],
  CERT_CHAIN_TOO_LONG: ['untrusted_certificate', 'the chain of its certificates is too long', TRUST],
  INVALID_CA: ['untrusted_certificate', 'its certificate is signed by one that may sign none', TRUST],
  INVALID_PURPOSE: ['untrusted_certificate', 'its certificate is not one for servers', TRUST],
  PATH_LENGTH_EXCEEDED: [
    'untrusted_certificate',
    'the chain of its certificates is longer than its authority allows',
    TRUST,
  ],
  HOSTNAME_MISMATCH: ['unfit_certificate', 'its certificate is for another host', HOST],
  ERR_TLS_CERT_ALTNAME_INVALID: ['unfit_certificate', 'its certificate is for another host', HOST],
  ERR_SSL_WRONG_VERSION_NUMBER: ['no_tls', 'it does not speak TLS', NO_TLS],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: ['no_tls', 'it does not speak TLS', NO_TLS],
  ERR_SSL_HTTP_REQUEST: ['no_tls', 'it does not speak TLS', NO_TLS],
  ERR_SSL_UNSUPPORTED_PROTOCOL: ['no_tls', 'it speaks an old version of TLS alone', NO_TLS],
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: ['no_tls', 'it refuses the version of TLS', NO_TLS],
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: ['no_tls', 'it refuses the TLS handshake', NO_TLS],
  'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE': ['no_tls', 'it refuses the TLS handshake', NO_TLS],
}

/**
 * What is wrong with the TLS of whoever answers: another attempt meets the same.
 * @param failure why a request got no answer
 * @param server as messages name it
 */
export function tlsFault(failure: unknown, server: string): NetworkError | undefined {
  for (const error of causesOf(failure)) {
    const name = codeOf(error) ?? ''
    const known = Object.hasOwn(FAULTS, name) ? FAULTS[name] : undefined
    if (known === undefined) continue
    const [code, fault, hint] = known
    return new NetworkError({ code, message: `${server} is not trusted: ${fault} (${name})`, hint })
  }
  return undefined
}
