//! Second factors in memory.

use std::collections::{BTreeMap, HashMap, HashSet};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{MemoryAdapter, conflict, lock};
use crate::adapter::{AdapterError, UserId};
use crate::directory::SessionKey;
use crate::second_factor::{
    DeviceRecord, Factor, Factors, ProofRecord, SecondFactorStore, TotpRecord, WaitingRecord,
};
use crate::secret::TokenHash;

/// What stands in the tables.
#[derive(Clone, Default)]
pub(super) struct SecondFactors {
    totp: BTreeMap<UserId, TotpRecord>,
    codes: HashMap<UserId, HashSet<String>>,
    pub(super) waiting: HashMap<String, WaitingRecord>,
    pub(super) devices: HashMap<String, DeviceRecord>,
    pub(super) proofs: HashMap<SessionKey, ProofRecord>,
}

impl SecondFactors {
    pub(super) fn remove_user(&mut self, user: &UserId) {
        self.remove_factors(user);
        self.proofs.retain(|_, proof| proof.user_id != *user);
    }

    fn remove_factors(&mut self, user: &UserId) -> bool {
        self.codes.remove(user);
        self.distrust(user);
        for proof in self.proofs.values_mut() {
            if proof.user_id == *user {
                proof.second = None;
            }
        }
        self.totp.remove(user).is_some()
    }

    fn distrust(&mut self, user: &UserId) {
        self.devices.retain(|_, device| device.user_id != *user);
        self.waiting.retain(|_, waiting| waiting.user_id != *user);
    }

    fn set_codes(&mut self, user: &UserId, codes: &[TokenHash]) {
        let codes = codes.iter().map(|code| code.expose().to_owned());
        self.codes.insert(user.clone(), codes.collect());
    }
}

impl MemoryAdapter {
    /// All authenticator apps, by user.
    pub fn totp_records(&self) -> Vec<TotpRecord> {
        let tables = lock(&self.tables);
        tables.second_factors.totp.values().cloned().collect()
    }

    /// All sign-ins that wait, in no order.
    pub fn waiting_records(&self) -> Vec<WaitingRecord> {
        let tables = lock(&self.tables);
        tables.second_factors.waiting.values().cloned().collect()
    }

    /// All proofs, in no order.
    pub fn proof_records(&self) -> Vec<ProofRecord> {
        let tables = lock(&self.tables);
        tables.second_factors.proofs.values().cloned().collect()
    }
}

#[async_trait]
impl SecondFactorStore for MemoryAdapter {
    fn second_factors_ready(&self) -> Result<(), AdapterError> {
        Ok(())
    }

    async fn factors(&self, user: &UserId) -> Result<Factors, AdapterError> {
        let tables = self.enter("factors")?;
        let factors = &tables.second_factors;
        Ok(Factors {
            totp: factors.totp.get(user).cloned(),
            recovery_codes: factors
                .codes
                .get(user)
                .map_or(0, |codes| codes.len() as u64),
        })
    }

    async fn add_totp(
        &self,
        record: TotpRecord,
        codes: &[TokenHash],
        replaces: Option<&str>,
    ) -> Result<bool, AdapterError> {
        let mut tables = self.enter("add_totp")?;
        let factors = &mut tables.second_factors;
        let user = record.user_id.clone();
        let known = factors.totp.get(&user).map(|known| known.id.as_str());
        if known != replaces {
            return Ok(false);
        }
        factors.totp.insert(user.clone(), record);
        factors.set_codes(&user, codes);
        factors.devices.retain(|_, device| device.user_id != user);
        Ok(true)
    }

    async fn use_totp_step(
        &self,
        user: &UserId,
        id: &str,
        step: i64,
    ) -> Result<bool, AdapterError> {
        let mut tables = self.enter("use_totp_step")?;
        let known = tables.second_factors.totp.get_mut(user);
        let Some(known) = known.filter(|known| known.id == id && known.last_step < step) else {
            return Ok(false);
        };
        known.last_step = step;
        Ok(true)
    }

    async fn use_recovery_code(
        &self,
        user: &UserId,
        hash: &TokenHash,
    ) -> Result<bool, AdapterError> {
        let mut tables = self.enter("use_recovery_code")?;
        let codes = tables.second_factors.codes.get_mut(user);
        Ok(codes.is_some_and(|codes| codes.remove(hash.expose())))
    }

    async fn replace_recovery_codes(
        &self,
        user: &UserId,
        codes: &[TokenHash],
    ) -> Result<bool, AdapterError> {
        let mut tables = self.enter("replace_recovery_codes")?;
        let factors = &mut tables.second_factors;
        let has_app = factors.totp.contains_key(user);
        if has_app {
            factors.set_codes(user, codes);
        }
        Ok(has_app)
    }

    async fn remove_factors(&self, user: &UserId) -> Result<bool, AdapterError> {
        let mut tables = self.enter("remove_factors")?;
        Ok(tables.second_factors.remove_factors(user))
    }

    async fn wait(&self, record: WaitingRecord) -> Result<(), AdapterError> {
        let mut tables = self.enter("wait")?;
        let key = record.hash.expose().to_owned();
        if tables.second_factors.waiting.contains_key(&key) {
            return Err(conflict("waiting sign-in"));
        }
        tables.second_factors.waiting.insert(key, record);
        Ok(())
    }

    async fn waiting(&self, hash: &TokenHash) -> Result<Option<WaitingRecord>, AdapterError> {
        let tables = self.enter("waiting")?;
        Ok(tables.second_factors.waiting.get(hash.expose()).cloned())
    }

    async fn take_waiting(&self, hash: &TokenHash) -> Result<Option<WaitingRecord>, AdapterError> {
        let mut tables = self.enter("take_waiting")?;
        Ok(tables.second_factors.waiting.remove(hash.expose()))
    }

    async fn remember(&self, record: DeviceRecord) -> Result<(), AdapterError> {
        let mut tables = self.enter("remember")?;
        let key = record.hash.expose().to_owned();
        if tables.second_factors.devices.contains_key(&key) {
            return Err(conflict("device"));
        }
        tables.second_factors.devices.insert(key, record);
        Ok(())
    }

    async fn device(
        &self,
        user: &UserId,
        hash: &TokenHash,
    ) -> Result<Option<DeviceRecord>, AdapterError> {
        let tables = self.enter("device")?;
        let found = tables.second_factors.devices.get(hash.expose()).cloned();
        Ok(found.filter(|device| device.user_id == *user))
    }

    async fn devices(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<DeviceRecord>, AdapterError> {
        let tables = self.enter("devices")?;
        let devices = tables.second_factors.devices.values();
        let own = devices.filter(|device| device.user_id == *user && device.expires >= now);
        let mut own: Vec<DeviceRecord> = own.cloned().collect();
        own.sort_by(|one, other| (other.created, &one.id).cmp(&(one.created, &other.id)));
        own.truncate(100);
        Ok(own)
    }

    async fn forget_device(&self, user: &UserId, id: &str) -> Result<bool, AdapterError> {
        let mut tables = self.enter("forget_device")?;
        let devices = &mut tables.second_factors.devices;
        let before = devices.len();
        devices.retain(|_, device| device.user_id != *user || device.id != id);
        Ok(devices.len() < before)
    }

    async fn distrust(&self, user: &UserId) -> Result<(), AdapterError> {
        self.enter("distrust")?.second_factors.distrust(user);
        Ok(())
    }

    async fn put_proof(&self, record: ProofRecord) -> Result<(), AdapterError> {
        let mut tables = self.enter("put_proof")?;
        tables.second_factors.proofs.insert(record.key, record);
        Ok(())
    }

    async fn proof(&self, key: &SessionKey) -> Result<Option<ProofRecord>, AdapterError> {
        let tables = self.enter("proof")?;
        Ok(tables.second_factors.proofs.get(key).cloned())
    }

    async fn forget_proofs(&self, user: &UserId, factor: Factor) -> Result<(), AdapterError> {
        let mut tables = self.enter("forget_proofs")?;
        let rests = |proof: &ProofRecord| proof.first == factor || proof.second == Some(factor);
        let proofs = &mut tables.second_factors.proofs;
        proofs.retain(|_, proof| proof.user_id != *user || !rests(proof));
        Ok(())
    }
}
