// An adapter that keeps everything in this process. Absent values are null, as databases give them.

const copy = (record) => record && { ...record };

/** An empty store. */
export function memoryAdapter() {
  const users = new Map();
  const sessions = new Map();
  const accounts = new Map();
  const tokens = new Map();
  const key = ({ provider, providerAccountId }) => JSON.stringify([provider, providerAccountId]);
  const tokenKey = ({ identifier, token }) => JSON.stringify([identifier, token]);
  const withEmail = (email) => [...users.values()].find((user) => user.email === email);
  return {
    createUser(user) {
      const row = { name: null, image: null, ...user, id: crypto.randomUUID() };
      users.set(row.id, row);
      return copy(row);
    },
    getUser: (id) => copy(users.get(id)) ?? null,
    getUserByEmail: (email) => copy(withEmail(email)) ?? null,
    getUserByAccount(account) {
      const found = accounts.get(key(account));
      return (found && copy(users.get(found.userId))) ?? null;
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
