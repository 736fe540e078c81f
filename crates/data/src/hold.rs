//! Taking turns where no key of a table keeps two writers apart.

use hallpass_sql::{AdvisoryLock, EmitError, StartupLock, Statement};

use crate::client::Client;
use crate::error::Error;
use crate::transaction::At;

/// How long others may hold the same name, where the dialect can say it.
const TIMEOUT_SECONDS: u32 = 20;

impl Client {
    /// Whether [`hold`](Self::hold) works in this database.
    pub fn can_hold(&self) -> bool {
        self.engine.capability().startup_lock != StartupLock::Connection
    }

    /// Waits until no other transaction holds this name, and holds it until this transaction ends. Two names that
    /// nothing else connects may, very rarely, wait for each other.
    ///
    /// # Errors
    /// [`Error::NotSupported`] for a client of a person, [`Error::TransactionOver`] outside of a transaction, [`Error::Unsupported`] where locks do not end with it.
    pub async fn hold(&self, name: &str) -> Result<(), Error> {
        self.access.require_full()?;
        if matches!(self.at, At::Database) {
            return Err(Error::TransactionOver);
        }
        match self.engine.capability().startup_lock {
            // Whoever writes is alone.
            StartupLock::Writer => Ok(()),
            StartupLock::Connection => Err(Error::Unsupported(EmitError::Unsupported {
                clause: "advisory locks of a transaction",
                dialect: self.engine.dialect,
            })),
            StartupLock::Transaction => {
                let lock = Statement::AcquireLock(AdvisoryLock {
                    key: number(name),
                    timeout_seconds: TIMEOUT_SECONDS,
                });
                let query = hallpass_sql::emit(&lock, self.engine.dialect)?;
                self.statement("", &query, &[]).await?;
                Ok(())
            }
        }
    }
}

/// FNV-1a: the same in every process and version, which the standard library's hashes do not promise.
fn number(name: &str) -> i64 {
    let start = 0xcbf2_9ce4_8422_2325_u64;
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    name.bytes().fold(start, mix).cast_signed()
}
