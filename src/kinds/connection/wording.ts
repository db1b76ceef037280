import { after, type Remarks, type Remedies } from '../wording.ts'

/** What a plan remarks on connections that it accepts. */
export const connectionRemarks: Remarks = {
  connection_without_secret: ({ resources }) =>
    `${resources} by OpenID Connect without a client secret: it has to be supplied before WorkOS takes them`,
}

/** What helps against the codes of connections: those of a plan first, then WorkOS's. */
export const connectionRemedies: Remedies = {
  connection_incomplete: after(
    'map what is missing, take it from the identity provider, or leave the connection out with when',
  ),
  invalid_certificate: after('map the certificate as PEM, or as the Base64 between its two lines'),
  invalid_private_key: after('map the private key as PEM, without a passphrase'),
  certificate_of_another_key: after('map a private key and its certificate of one pair, or leave both out'),
  invalid_url: after('map an address that begins with https://'),
  invalid_saml_metadata: after('map the XML of the identity provider, or idpEntityId, idpUrl and x509Cert'),
  invalid_connection_protocol: after('map type as saml or oidc, or leave the connection out with when'),
  invalid_connection_type: after('map a connectionType that WorkOS knows, or leave it out'),
  connections_api_not_enabled: after(
    'ask WorkOS to enable creating connections by the API for this environment, or set connections.mode to handoff and import the files of workos-migrate handoff',
  ),
  connection_already_exists_for_organization: after(
    'the organization has another connection in WorkOS: delete that one, or leave this one out with when',
  ),
  connection_without_secret: after(
    'map clientSecret, or leave the connection out with when: WorkOS takes none by OpenID Connect without one',
  ),
}
