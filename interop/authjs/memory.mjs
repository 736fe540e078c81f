// An adapter that keeps everything in this process. Absent values are null, as databases give them.

const copy = (record) => record && { ...record };

/** An empty store. */
export function memoryAdapter() {
  const users = new Map();
  const sessions = new Map();
  const accounts = new Map();
  const tokens = new Map();
  const authenticators = new Map();
  const key = ({ provider, providerAccountId }) => JSON.stringify([provider, providerAccountId]);
  const tokenKey = ({ identifier, token }) => JSON.stringify([identifier, token]);
  const withEmail = (email) => [...users.values()].find((user) => user.email === email);
  return {
    createUser(user) {
      const row = { name: null, image: null, ...user, email: user.email ?? null, id: crypto.randomUUID() };
      users.set(row.id, row);
      return copy(row);
    },
    getUser: (id) => copy(users.get(id)) ?? null,
    getUserByEmail: (email) => copy(withEmail(email)) ?? null,
    getUserByAccount(account) {
      const found = accounts.get(key(account));
      return (found && copy(users.get(found.userId))) ?? null;
    },
    getAccount(providerAccountId, provider) {
      return copy(accounts.get(key({ provider, providerAccountId }))) ?? null;
    },
    getAuthenticator: (credentialID) => copy(authenticators.get(credentialID)) ?? null,
    createAuthenticator(authenticator) {
      authenticators.set(authenticator.credentialID, authenticator);
      return copy(authenticator);
    },
    listAuthenticatorsByUserId(userId) {
      return [...authenticators.values()].filter((authenticator) => authenticator.userId === userId).map(copy);
    },
    updateAuthenticatorCounter(credentialID, counter) {
      const row = { ...authenticators.get(credentialID), counter };
      authenticators.set(credentialID, row);
      return copy(row);
    },
    updateUser(changes) {
      const row = { ...users.get(changes.id), ...changes };
      users.set(row.id, row);
      return copy(row);
    },
    linkAccount(account) {
      accounts.set(key(account), account);
      return copy(account);
    },
    createSession(session) {
      sessions.set(session.sessionToken, session);
      return copy(session);
    },
    getSessionAndUser(token) {
      const session = sessions.get(token);
      const user = session && users.get(session.userId);
      return user ? { session: copy(session), user: copy(user) } : null;
    },
    updateSession(changes) {
      const row = { ...sessions.get(changes.sessionToken), ...changes };
      sessions.set(row.sessionToken, row);
      return copy(row);
    },
    deleteSession(token) {
      const row = sessions.get(token);
      sessions.delete(token);
      return copy(row) ?? null;
    },
    createVerificationToken(record) {
      tokens.set(tokenKey(record), record);
      return copy(record);
    },
    useVerificationToken(record) {
      const row = tokens.get(tokenKey(record));
      tokens.delete(tokenKey(record));
      return copy(row) ?? null;
    },
  };
}
