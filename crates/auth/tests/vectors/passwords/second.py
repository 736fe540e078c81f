import json, sys
from django.conf import settings
settings.configure(PASSWORD_HASHERS=["django.contrib.auth.hashers.PBKDF2PasswordHasher","django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher"])
from django.contrib.auth.hashers import PBKDF2PasswordHasher, PBKDF2SHA1PasswordHasher
from argon2 import PasswordHasher, Type
from passlib.hash import pbkdf2_sha256, pbkdf2_sha512, argon2 as pa
rows=json.load(open("js.json"))
for p in ["correct horse battery staple","pässwörd ✓ 愛 \U0001F680","a"*80,"x","cafe\u0301 au lait"]:
    rows.append(dict(by="Django 5.2.19 PBKDF2PasswordHasher().encode(password, salt, 1000)",form="django",password=p,hash=PBKDF2PasswordHasher().encode(p,"kZ0yXn5mQv1t",1000)))
    rows.append(dict(by="Django 5.2.19 PBKDF2SHA1PasswordHasher().encode(password, salt, 1000)",form="django",password=p,hash=PBKDF2SHA1PasswordHasher().encode(p,"kZ0yXn5mQv1t",1000)))
    rows.append(dict(by="passlib 1.7.4 pbkdf2_sha256.using(rounds=1000).hash(password)",form="passlib",password=p,hash=pbkdf2_sha256.using(rounds=1000).hash(p)))
    rows.append(dict(by="passlib 1.7.4 pbkdf2_sha512.using(rounds=1000).hash(password)",form="passlib",password=p,hash=pbkdf2_sha512.using(rounds=1000).hash(p)))
    for t in (Type.ID,Type.I,Type.D):
        rows.append(dict(by=f"argon2-cffi 25.1.0 PasswordHasher(time_cost=2, memory_cost=64, parallelism=2, type={t.name})",form="argon2",password=p,hash=PasswordHasher(time_cost=2,memory_cost=64,parallelism=2,type=t).hash(p)))
from argon2.low_level import hash_secret
rows.append(dict(by="argon2-cffi 25.1.0 low_level.hash_secret, version 16 (1.0)",form="argon2",password="old",hash=hash_secret(b"old",b"somesaltsomesalt",2,64,1,32,Type.I,16).decode()))
out={"made_by":["npm: bcryptjs 3.0.3, better-auth 1.7.25, node crypto","PyPI: Django 5.2.19, passlib 1.7.4, argon2-cffi 25.1.0"],"note":"each row: what made it, the password, the hash; costs are low so that tests are quick","rows":rows}
json.dump(out,open("passwords.json","w"),indent=1,ensure_ascii=True)
print(len(rows)); 
for f in dict.fromkeys(r["form"] for r in rows): print(f, next(r["hash"] for r in rows if r["form"]==f))
print(rows[-1])
