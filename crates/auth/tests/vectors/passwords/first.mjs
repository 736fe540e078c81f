import bcrypt from "bcryptjs";
import crypto from "node:crypto";
import { hashPassword } from "better-auth/crypto";
const passwords = ["correct horse battery staple", "pässwörd ✓ 愛 \u{1F680}", "a".repeat(80), "x", "caf\u0065\u0301 au lait", "with\u0000nul"];
const rows = [];
for (const p of passwords) {
  rows.push({ by: "bcryptjs 3.0.3 hash(password, 4)", form: "bcrypt", password: p, hash: await bcrypt.hash(p, 4) });
  rows.push({ by: "bcryptjs 3.0.3, written $2a$ as bcryptjs 2 does", form: "bcrypt", password: p, hash: (await bcrypt.hash(p, 5)).replace("$2b$", "$2a$") });
  rows.push({ by: "bcryptjs 3.0.3, written $2y$ as PHP does", form: "bcrypt", password: p, hash: (await bcrypt.hash(p, 4)).replace("$2b$", "$2y$") });
  rows.push({ by: "better-auth 1.7.25 hashPassword(password)", form: "scrypt", password: p, hash: await hashPassword(p) });
  const salt = crypto.randomBytes(16);
  for (const digest of ["sha256", "sha512", "sha1"]) {
    const len = { sha256: 32, sha512: 64, sha1: 20 }[digest];
    const key = crypto.pbkdf2Sync(p, salt, 1000, len, digest);
    const b = (x) => x.toString("base64").replace(/=+$/, "");
    const name = digest === "sha1" ? "pbkdf2" : `pbkdf2-${digest}`;
    if (digest !== "sha1") rows.push({ by: `node crypto.pbkdf2Sync(password, salt, 1000, ${len}, "${digest}") in PHC form`, form: "pbkdf2", password: p, hash: `$${name}$i=1000,l=${len}$${b(salt)}$${b(key)}` });
  }
  const ln = 10, k = crypto.scryptSync(p, salt, 32, { N: 2 ** ln, r: 8, p: 1 });
  rows.push({ by: "node crypto.scryptSync(password, salt, 32, {N: 1024, r: 8, p: 1}) in PHC form", form: "scrypt-phc", password: p, hash: `$scrypt$ln=${ln},r=8,p=1$${salt.toString("base64").replace(/=+$/, "")}$${k.toString("base64").replace(/=+$/, "")}` });
}
console.log(JSON.stringify(rows));
