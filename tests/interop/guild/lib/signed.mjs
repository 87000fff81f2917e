// Is a stored manifest genuine? Written from RFC 8785 and RFC 8032 alone, with nothing of our C++ in it.
import { createHash, createPublicKey, verify } from 'node:crypto';

/// RFC 8785. JSON.stringify prints strings and numbers as ECMAScript does, which is what the RFC asks for; members are
/// ordered by UTF-16 code units, which is how ECMAScript compares strings.
export function canonical(value) {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  return `{${Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)
    .join(',')}}`;
}

export const sha256 = (text) => createHash('sha256').update(text, 'utf8').digest('hex');

/// RFC 8410: what comes before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo.
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const publicKey = (hex) =>
  createPublicKey({ key: Buffer.concat([spkiPrefix, Buffer.from(hex, 'hex')]), format: 'der', type: 'spki' });

/// Returns what is wrong with the bytes of a stored snapshot, in words; null: nothing. `keys`: hex by key version.
export function fault(bytes, keys) {
  let snapshot;
  try {
    snapshot = JSON.parse(bytes);
  } catch (error) {
    return `no JSON: ${error.message}`;
  }
  const { id, content, communityId, version, checksum, previousChecksum, createdAt, signature } = snapshot;
  if (`${canonical(snapshot)}\n` !== bytes) return 'its bytes are not canonical';
  if (id !== `${communityId}/v${version}`) return 'its id is not that of its community and version';
  if (sha256(canonical(content)) !== checksum) return 'the checksum is not that of the content';
  const [, keyVersion, base64] = /^vault:v(\d+):([A-Za-z0-9+/]{86}==)$/.exec(signature) ?? [];
  if (!keyVersion) return `the signature reads ${signature}`;
  if (!keys[keyVersion]) return `no key of version ${keyVersion}`;
  const statement = canonical({
    alg: 'ed25519',
    communityId,
    version,
    sha256: checksum,
    previousSha256: previousChecksum,
    createdAt,
  });
  if (!verify(null, Buffer.from(statement, 'utf8'), publicKey(keys[keyVersion]), Buffer.from(base64, 'base64')))
    return 'the signature does not verify';
  return null;
}
