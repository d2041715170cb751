use entity::values::DeploymentStatus::{
    self, Building, Deploying, Failed, Healthy, RolledBack, Testing,
};

/// Whether a deployment that is `from` may become `to`: building, testing, deploying, healthy, one after
/// the other. Any that is not finished may fail. Only where deploying has begun is there something to
/// roll back.
pub fn may_follow(from: DeploymentStatus, to: DeploymentStatus) -> bool {
    matches!(
        (from, to),
        (Building, Testing)
            | (Testing, Deploying)
            | (Deploying, Healthy | RolledBack)
            | (Building | Testing | Deploying, Failed)
    )
}

/// Whether a deployment stays as it is.
pub fn is_final(status: DeploymentStatus) -> bool {
    match status {
        Healthy | RolledBack | Failed => true,
        Building | Testing | Deploying => false,
    }
}
