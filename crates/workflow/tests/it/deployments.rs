use db::{Tx, page::Page};
use entity::{
    deployment::Model,
    values::{
        DeploymentId,
        DeploymentStatus::{self, Building, Deploying, Failed, Healthy, RolledBack, Testing},
    },
};
use futures_util::future::join_all;
use identity::Ctx;
use sea_orm::{ActiveModelTrait, IntoActiveModel, Set};
use testkit::on_both_engines;
use workflow::{
    Error,
    deployments::{self, DeploymentPatch, Filter, NewDeployment},
};

use crate::stranger;

const ALL: [DeploymentStatus; 6] = [Building, Testing, Deploying, Healthy, RolledBack, Failed];

fn new(branch: &str) -> NewDeployment {
    NewDeployment {
        git_sha: "0123abcdef0123abcdef0123abcdef0123abcdef".to_owned(),
        branch: branch.to_owned(),
        trigger: "push".to_owned(),
        deployed_by: "ann".to_owned(),
        report_text: None,
    }
}

async fn begin(ctx: &Ctx, new: NewDeployment) -> Result<Model, Error> {
    let work = async |tx: Tx| deployments::create(ctx, &tx, new.clone()).await;
    ctx.database.write(work).await
}

async fn patch(ctx: &Ctx, id: DeploymentId, patch: DeploymentPatch) -> Result<Model, Error> {
    let work = async |tx: Tx| deployments::update(ctx, &tx, id, patch.clone(), None).await;
    ctx.database.write(work).await
}

/// With a reason where one is needed.
async fn become_(ctx: &Ctx, id: DeploymentId, status: DeploymentStatus) -> Result<Model, Error> {
    let rollback_reason = (status == RolledBack).then(|| "errors".to_owned());
    let change = DeploymentPatch {
        status: Some(status),
        rollback_reason,
        ..DeploymentPatch::default()
    };
    patch(ctx, id, change).await
}

/// A deployment that has come so far.
async fn at(ctx: &Ctx, status: DeploymentStatus) -> Model {
    let mut deployment = begin(ctx, new("main")).await.unwrap();
    let way: &[DeploymentStatus] = match status {
        Building => &[],
        Testing => &[Testing],
        Deploying => &[Testing, Deploying],
        Healthy => &[Testing, Deploying, Healthy],
        RolledBack => &[Testing, Deploying, RolledBack],
        Failed => &[Failed],
    };
    for status in way {
        deployment = become_(ctx, deployment.id, *status).await.unwrap();
    }
    deployment
}

on_both_engines! {
    async fn only_the_steps_of_the_path_are_taken(db) {
        let ctx = db.ctx().await;
        let allowed = [
            (Building, Testing), (Testing, Deploying), (Deploying, Healthy),
            (Deploying, RolledBack), (Building, Failed), (Testing, Failed), (Deploying, Failed),
        ];
        for from in ALL {
            for to in ALL.into_iter().filter(|to| *to != from) {
                let before = at(&ctx, from).await;
                let result = become_(&ctx, before.id, to).await;
                if allowed.contains(&(from, to)) {
                    assert_eq!(result.unwrap().status, to);
                    continue;
                }
                let refused = result.unwrap_err();
                let is_named = matches!(refused, Error::DeploymentPath { from: f, to: t } if (f, t) == (from, to));
                assert!(is_named, "{from} -> {to}: {refused}");
                let same = deployments::find(ctx.database.reader(), before.id).await.unwrap();
                assert_eq!(same, before);
            }
        }
    }

    async fn it_is_finished_once_its_status_is_final_and_never_again(db) {
        let ctx = db.ctx().await;
        for status in ALL {
            let deployment = at(&ctx, status).await;
            let is_final = [Healthy, RolledBack, Failed].contains(&status);
            assert_eq!(deployment.finished_at.is_some(), is_final, "{status}");
            let later = DeploymentPatch {
                status: Some(status),
                report_text: Some("all that is known".to_owned()),
                ..DeploymentPatch::default()
            };
            let changed = patch(&ctx, deployment.id, later).await.unwrap();
            assert_eq!(changed.finished_at, deployment.finished_at, "{status}");
            assert_eq!(changed.started_at, deployment.started_at);
            assert!(changed.updated_at > deployment.updated_at);
        }
    }

    async fn what_an_update_leaves_out_is_kept(db) {
        let ctx = db.ctx().await;
        let with_report = NewDeployment { report_text: Some("# Built".to_owned()), ..new("main") };
        let id = begin(&ctx, with_report).await.unwrap().id;
        let tested = become_(&ctx, id, Testing).await.unwrap();
        assert_eq!(tested.report_text.as_deref(), Some("# Built"));
        let report = DeploymentPatch { report_text: Some(String::new()), ..DeploymentPatch::default() };
        let emptied = patch(&ctx, id, report).await.unwrap();
        assert_eq!((emptied.status, emptied.report_text.as_deref()), (Testing, Some("")));
    }

    async fn a_rollback_says_why_and_nothing_else_does(db) {
        let ctx = db.ctx().await;
        let reason = |status, reason: Option<&str>| DeploymentPatch {
            status: Some(status),
            rollback_reason: reason.map(str::to_owned),
            ..DeploymentPatch::default()
        };
        let id = at(&ctx, Deploying).await.id;
        let long = "x".repeat(2_001);
        for wrong in [
            reason(RolledBack, None), reason(RolledBack, Some("")), reason(RolledBack, Some(&long)),
            reason(RolledBack, Some("a\0b")), reason(Healthy, Some("why")), reason(Deploying, Some("why")),
        ] {
            let refused = patch(&ctx, id, wrong).await.unwrap_err();
            let is_named = matches!(refused, Error::Invalid { field: "/rollback_reason", .. });
            assert!(is_named, "{refused}");
        }
        let rolled_back = patch(&ctx, id, reason(RolledBack, Some("500s"))).await.unwrap();
        assert_eq!(rolled_back.rollback_reason.as_deref(), Some("500s"));
        let kept = patch(&ctx, id, reason(RolledBack, None)).await.unwrap();
        assert_eq!(kept.rollback_reason.as_deref(), Some("500s"));
    }

    async fn the_latest_and_the_list_are_in_the_order_in_which_they_began(db) {
        let ctx = db.ctx().await;
        let none = deployments::latest(ctx.database.reader(), &Filter::default()).await.unwrap_err();
        assert!(matches!(none, Error::NoDeployment), "{none}");
        let mut made = Vec::new();
        for branch in ["main", "next", "main", "main", "next"] {
            made.push(begin(&ctx, new(branch)).await.unwrap());
        }
        become_(&ctx, made[0].id, Failed).await.unwrap();
        // They belong to the service: any user sees them.
        let other = stranger(&ctx, &db.database).await;
        let of = |branch: &str| Filter { branch: Some(branch.to_owned()), status: None };
        let latest = async |filter: Filter| deployments::latest(other.database.reader(), &filter).await;
        assert_eq!(latest(Filter::default()).await.unwrap().id, made[4].id);
        assert_eq!(latest(of("main")).await.unwrap().id, made[3].id);
        let failed = Filter { status: Some(Failed), ..Filter::default() };
        assert_eq!(latest(failed).await.unwrap().id, made[0].id);
        assert!(latest(of("gone")).await.is_err());

        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = Page { after, limit: 2 };
            let found = deployments::list(&other.database, &of("main"), &page).await.unwrap();
            seen.extend(found.items.iter().map(|one| one.id));
            after = found.items.last().map(|one| one.id);
            if !found.has_more {
                break;
            }
        }
        assert_eq!(seen, [made[3].id, made[2].id, made[0].id]);
    }

    async fn of_those_who_change_it_at_once_one_takes_each_step(db) {
        let ctx = db.ctx().await;
        let id = begin(&ctx, new("main")).await.unwrap();
        let late = async |tx: Tx| {
            let patch = DeploymentPatch { status: Some(Failed), ..DeploymentPatch::default() };
            deployments::update(&ctx, &tx, id.id, patch, Some(id.started_at)).await
        };
        let results = join_all((0..8).map(|_| ctx.database.write(late))).await;
        let (done, refused): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        assert_eq!(done.len(), 1);
        assert!(refused.into_iter().all(|one| matches!(one, Err(Error::Changed))));
    }

    async fn what_breaks_a_rule_is_named(db) {
        let ctx = db.ctx().await;
        let long = "x".repeat(256);
        for (wrong, expected) in [
            (NewDeployment { git_sha: "0123ab".to_owned(), ..new("main") }, "/git_sha"),
            (NewDeployment { git_sha: "0123ABCD".to_owned(), ..new("main") }, "/git_sha"),
            (NewDeployment { git_sha: "a".repeat(65), ..new("main") }, "/git_sha"),
            (new(""), "/branch"), (new("a\nb"), "/branch"), (new(&long), "/branch"),
            (NewDeployment { trigger: String::new(), ..new("main") }, "/trigger"),
            (NewDeployment { deployed_by: long.clone(), ..new("main") }, "/deployed_by"),
            (NewDeployment { report_text: Some("x".repeat(100_001)), ..new("main") }, "/report_text"),
            (NewDeployment { report_text: Some("\0".to_owned()), ..new("main") }, "/report_text"),
        ] {
            let refused = begin(&ctx, wrong).await.unwrap_err();
            assert!(matches!(refused, Error::Invalid { field, .. } if field == expected), "{refused}");
        }
        let unknown = become_(&ctx, DeploymentId::new(), Testing).await.unwrap_err();
        assert!(matches!(unknown, Error::DeploymentNotFound { .. }), "{unknown}");
    }

    async fn the_database_itself_refuses_what_is_final_without_an_end(db) {
        let ctx = db.ctx().await;
        let begun = begin(&ctx, new("main")).await.unwrap();
        for status in [Healthy, RolledBack] {
            let mut row = begun.clone().into_active_model();
            row.status = Set(status);
            row.finished_at = Set((status == RolledBack).then(|| ctx.now()));
            assert!(row.update(&ctx.database).await.is_err(), "{status}");
        }
    }
}
