import { key } from '../key.js';
import { flag, list, path, positive, text } from '../kinds.js';

const group = 'Security';

/** Who may ask, for what, and over which channel. */
export const securityKeys = {
  disable_token_authorization: key({
    group,
    type: flag,
    default: null,
    help: 'True: no tokens; false: tokens. Unset: tokens as soon as one listener is bound off the loopback interface.',
  }),
  token_expiration_min: key({
    group,
    type: positive,
    default: '60',
    variable: 'TS_TOKEN_EXPIRATION_TIME_MIN',
    help: 'Minutes that the inference and management tokens hold; decimals are welcome.',
  }),
  enable_model_api: key({
    group,
    type: flag,
    default: null,
    help: 'Whether models may be registered and unregistered. Unset: only while every listener is on the loopback interface.',
  }),
  trusted_hosts: key({
    group,
    type: list,
    default: '',
    ours: true,
    help: 'Names, besides those of the loopback interface, that a `Host` header may carry while no tokens are asked for.',
  }),
  trusted_origins: key({
    group,
    type: list,
    default: '',
    ours: true,
    help: 'Origins whose web pages may drive the server while no tokens are asked for.',
  }),
  keystore: key({ group, type: path, default: null, help: 'Keystore with the private key and certificate for https.' }),
  keystore_pass: key({ group, type: text, default: 'changeit', secret: true, help: 'Its password.' }),
  keystore_type: key({ group, type: text, default: 'PKCS12', help: 'Its format.' }),
  private_key_file: key({ group, type: path, default: null, help: 'Private key for https and gRPC, PEM.' }),
  certificate_file: key({ group, type: path, default: null, help: 'Certificate chain for https and gRPC, PEM.' }),
  enable_grpc_ssl: key({
    group,
    type: flag,
    default: 'false',
    help: 'TLS on both gRPC ports; needs `private_key_file` and `certificate_file`.',
  }),
} as const;
