/** Who sent a message. */
export type MessageOrigin = 'client' | 'server';

const TYPED = {
  client: {
    Q: 'Query',
    P: 'Parse',
    B: 'Bind',
    E: 'Execute',
    D: 'Describe',
    C: 'Close',
    S: 'Sync',
    H: 'Flush',
    X: 'Terminate',
    F: 'FunctionCall',
    d: 'CopyData',
    c: 'CopyDone',
    f: 'CopyFail',
    // The answers to all kinds of authentication requests share one type byte; the other kinds are not told apart.
    p: 'PasswordMessage',
  },
  server: {
    R: 'Authentication',
    K: 'BackendKeyData',
    S: 'ParameterStatus',
    v: 'NegotiateProtocolVersion',
    Z: 'ReadyForQuery',
    T: 'RowDescription',
    t: 'ParameterDescription',
    D: 'DataRow',
    C: 'CommandComplete',
    I: 'EmptyQueryResponse',
    E: 'ErrorResponse',
    N: 'NoticeResponse',
    A: 'NotificationResponse',
    1: 'ParseComplete',
    2: 'BindComplete',
    3: 'CloseComplete',
    n: 'NoData',
    s: 'PortalSuspended',
    G: 'CopyInResponse',
    H: 'CopyOutResponse',
    W: 'CopyBothResponse',
    d: 'CopyData',
    c: 'CopyDone',
    V: 'FunctionCallResponse',
  },
} as const;

type NameOf<Table> = Table[keyof Table];

/** Messages without a type byte: what a client begins with, and the byte that answers a request for encryption. */
type UntypedName =
  | 'StartupMessage'
  | 'CancelRequest'
  | 'SSLRequest'
  | 'GSSENCRequest'
  | 'SSLResponse'
  | 'GSSENCResponse';

/**
 * The name of a message in the PostgreSQL documentation ("Message Formats"). `PasswordMessage` is every answer of a
 * client to an `Authentication` request, `SSLResponse` and `GSSENCResponse` are the single byte that answers such a
 * request, and `Unknown` is a type byte that is not in the list.
 */
export type MessageName = UntypedName | NameOf<typeof TYPED.client> | NameOf<typeof TYPED.server> | 'Unknown';

const BY_TYPE_BYTE: Readonly<Record<MessageOrigin, ReadonlyMap<number, MessageName>>> = {
  client: byTypeByte(TYPED.client),
  server: byTypeByte(TYPED.server),
};

function byTypeByte(names: Readonly<Record<string, MessageName>>): ReadonlyMap<number, MessageName> {
  return new Map(Object.entries(names).map(([type, name]) => [type.charCodeAt(0), name]));
}

/** The name of a message with a type byte. */
export function typedName(from: MessageOrigin, typeByte: number): MessageName {
  return BY_TYPE_BYTE[from].get(typeByte) ?? 'Unknown';
}

/** The name of what a client begins with, by the number after its length: a request code or a protocol version. */
export function untypedName(code: number): MessageName {
  switch (code) {
    case 80877102:
      return 'CancelRequest';
    case 80877103:
      return 'SSLRequest';
    case 80877104:
      return 'GSSENCRequest';
    default:
      return 'StartupMessage';
  }
}
